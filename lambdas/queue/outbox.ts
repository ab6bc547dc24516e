import { sql } from 'kysely';
import type * as z from 'zod';
import type { Sql } from '../database/database.client.ts';
import type { AnyEvent, EventSchemas } from '../shared/event.ts';

/** An event before it is stored. The aggregate's version is unique, so each state change has exactly one event. */
export interface NewEvent {
  readonly type: string;
  readonly aggregateId: string;
  readonly aggregateVersion: number;
  readonly payload: unknown;
}

/**
 * Creates an event and validates its payload, so that a malformed event fails in its producer and not in every consumer.
 * @param schemas the service's events, `*.events.ts`
 * @throws ZodError for a payload that does not fit the type
 */
export function newEvent<S extends EventSchemas, T extends keyof S & string>(
  schemas: S,
  type: T,
  aggregateId: string,
  aggregateVersion: number,
  payload: z.output<S[T]>,
): NewEvent {
  return { type, aggregateId, aggregateVersion, payload: (schemas[type] as S[T]).parse(payload) };
}

/** The INSERT of an event, to execute alone or as one step of a larger statement. It returns the stored row. */
export const insertEvent = (event: NewEvent) => sql<OutboxRow>`
  INSERT INTO queue.outbox (type, aggregate_id, aggregate_version, payload)
  VALUES (${event.type}, ${event.aggregateId}, ${event.aggregateVersion}, ${JSON.stringify(event.payload)}::jsonb)
  RETURNING id, type, aggregate_id, payload, occurred_at`;

export interface OutboxRow {
  id: string;
  type: string;
  aggregate_id: string;
  payload: unknown;
  occurred_at: Date | string;
}

/** Writes an event in the caller's transaction. One round trip. */
export async function appendEvent(tx: Sql, event: NewEvent): Promise<AnyEvent> {
  const { rows } = await insertEvent(event).execute(tx);
  return toEvent(rows[0] as OutboxRow);
}

export function toEvent(row: OutboxRow): AnyEvent {
  return {
    id: row.id,
    type: row.type,
    aggregateId: row.aggregate_id,
    occurredAt: new Date(row.occurred_at).toISOString(),
    payload: row.payload,
  };
}

/** Marks events as published. */
export async function markPublished(db: Sql, ids: string[]): Promise<void> {
  await sql`UPDATE queue.outbox SET published_at = now() WHERE id = ANY(${ids}::uuid[])`.execute(db);
}

/**
 * Marks one of the caller's own events as unpublished, so that the outbox relay republishes it. Does nothing if there is
 * no such event, or if it was published less than three minutes ago and may still be in a queue.
 */
export async function republishEvent(db: Sql, aggregateId: string, type: string): Promise<void> {
  await sql`
    UPDATE queue.outbox SET published_at = NULL
    WHERE aggregate_id = ${aggregateId} AND type = ${type} AND published_at < now() - interval '3 minutes'`.execute(db);
}
