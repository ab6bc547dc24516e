import * as z from 'zod';
import { moneySchema } from '../shared/money.ts';

/** The queues of the house. Each has a dead-letter queue and one worker. */
export const QUEUES = ['order-events', 'payment-events', 'email', 'notifications', 'catalogue-events'] as const;
export type QueueName = (typeof QUEUES)[number];

const orderSnapshot = z.object({
  orderId: z.uuid(),
  userId: z.uuid(),
  total: moneySchema,
  productIds: z.array(z.uuid()),
  items: z.array(z.object({ name: z.string(), quantity: z.int(), lineTotal: moneySchema })),
});
const paymentSnapshot = z.object({
  paymentId: z.uuid(),
  orderId: z.uuid(),
  userId: z.uuid(),
  amount: moneySchema,
});
const mailRequest = z.object({ userId: z.uuid(), mailTokenId: z.uuid() });

interface EventKind {
  payload: z.ZodType;
  /** Who hears of it. */
  queues: readonly QueueName[];
}

/** Every event of the house: what it says and who hears of it. Adding one here is all the routing there is. */
export const EVENTS = {
  'user.signed_up': { payload: mailRequest, queues: ['email'] },
  'user.verification_requested': { payload: mailRequest, queues: ['email'] },
  'user.password_reset_requested': { payload: mailRequest, queues: ['email'] },
  'product.changed': { payload: z.object({ productIds: z.array(z.uuid()) }), queues: ['catalogue-events'] },
  'order.placed': { payload: orderSnapshot, queues: ['email', 'notifications', 'catalogue-events'] },
  'order.paid': { payload: orderSnapshot, queues: ['email', 'notifications', 'catalogue-events'] },
  'order.cancelled': { payload: orderSnapshot, queues: ['email', 'notifications', 'catalogue-events'] },
  'order.expired': { payload: orderSnapshot, queues: ['notifications', 'catalogue-events'] },
  'order.refunded': { payload: orderSnapshot, queues: ['notifications'] },
  'order.capture_refused': {
    payload: z.object({ orderId: z.uuid(), paymentId: z.uuid(), userId: z.uuid() }),
    queues: ['payment-events'],
  },
  'payment.captured': { payload: paymentSnapshot, queues: ['order-events'] },
  'payment.action_required': { payload: paymentSnapshot, queues: [] },
  'payment.declined': { payload: paymentSnapshot, queues: ['email', 'notifications'] },
  'refund.requested': { payload: z.object({ refundId: z.uuid(), paymentId: z.uuid() }), queues: ['payment-events'] },
  'payment.refunded': {
    payload: paymentSnapshot.extend({ refunded: moneySchema }),
    queues: ['order-events', 'notifications'],
  },
} as const satisfies Record<string, EventKind>;

export type EventType = keyof typeof EVENTS;
export type EventPayload<T extends EventType> = z.output<(typeof EVENTS)[T]['payload']>;

/** An event as the outbox holds it and the queues carry it. */
export type DomainEvent<T extends EventType = EventType> = {
  [K in T]: { id: string; type: K; aggregateId: string; occurredAt: string; payload: EventPayload<K> };
}[T];

const envelopeSchema = z.object({
  id: z.uuid(),
  type: z.enum(Object.keys(EVENTS) as [EventType, ...EventType[]]),
  aggregateId: z.uuid(),
  occurredAt: z.iso.datetime(),
  payload: z.unknown(),
});

/** Reads an event off a queue. @throws ZodError for anything that this house did not write */
export function parseEvent(body: string): DomainEvent {
  const envelope = envelopeSchema.parse(JSON.parse(body));
  return { ...envelope, payload: EVENTS[envelope.type].payload.parse(envelope.payload) } as DomainEvent;
}
