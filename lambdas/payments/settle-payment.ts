import type { Sql } from '../database/database.client.ts';
import type { DomainEvent, EventPayload } from '../queue/events.ts';
import { appendEvent, newEvent } from '../queue/outbox.ts';
import type { ChargeOutcome } from './payment-provider.ts';
import { applyOutcome, type PaymentRow, toPayment } from './payments.repository.ts';

const EVENT_OF = {
  captured: 'payment.captured',
  declined: 'payment.declined',
  requires_action: 'payment.action_required',
} as const;

/**
 * Stores what the provider says, with its event, in the caller's transaction. The answer to a charge and the webhook
 * of it race: whichever comes first takes effect.
 * @returns the event, or undefined when the payment was past that already
 */
export async function settlePayment(
  tx: Sql,
  paymentId: string,
  outcome: ChargeOutcome,
): Promise<DomainEvent | undefined> {
  const row = await applyOutcome(tx, paymentId, outcome);
  if (!row) return undefined;
  return appendEvent(tx, newEvent(EVENT_OF[outcome.status], row.id, row.version, paymentSnapshot(row)));
}

export function paymentSnapshot(row: PaymentRow): EventPayload<'payment.captured'> {
  return { paymentId: row.id, orderId: row.order_id, userId: row.user_id, amount: toPayment(row).amount };
}
