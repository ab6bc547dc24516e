import * as z from 'zod';

/** The events of a service: the payload's schema by event type, such as `order.placed`. */
export type EventSchemas = Readonly<Record<string, z.ZodType>>;

/** Keeps the literal types of a service's events. */
export const defineEvents = <const T extends EventSchemas>(events: T): T => events;

/** An event as the outbox stores it and the queues carry it. */
export interface AnyEvent {
  readonly id: string;
  readonly type: string;
  readonly aggregateId: string;
  /** ISO 8601 in UTC. */
  readonly occurredAt: string;
  readonly payload: unknown;
}

/** The union of the events of some schemas, discriminated by `type`. */
export type EventOf<S extends EventSchemas, T extends keyof S = keyof S> = {
  [K in T & string]: Omit<AnyEvent, 'type' | 'payload'> & { readonly type: K; readonly payload: z.output<S[K]> };
}[T & string];

const envelopeSchema = z.object({
  id: z.uuid(),
  type: z.string(),
  aggregateId: z.uuid(),
  occurredAt: z.iso.datetime(),
  payload: z.unknown(),
});

/**
 * Parses an event from the body of a queue message.
 * @throws ZodError for a malformed event, Error for a type that is not among `schemas`
 */
export function parseEvent<S extends EventSchemas>(schemas: S, body: string): EventOf<S> {
  const envelope = envelopeSchema.parse(JSON.parse(body));
  const schema = Object.hasOwn(schemas, envelope.type) ? schemas[envelope.type] : undefined;
  if (!schema) throw new Error(`This worker consumes no event of type ${envelope.type}.`);
  return { ...envelope, payload: schema.parse(envelope.payload) } as EventOf<S>;
}
