import type * as z from 'zod';
import type { Sql } from '../database/database.client.ts';
import { appendEvent, newEvent } from '../queue/outbox.ts';
import type { AnyEvent } from '../shared/event.ts';
import { invariant } from '../shared/invariant.ts';
import type { ChargeOutcome } from './payment-provider.ts';
import { paymentEvents } from './payments.events.ts';
import { applyOutcome, type PaymentRow, toPayment } from './payments.repository.ts';

const EVENT_OF = {
  captured: 'payment.captured',
  declined: 'payment.declined',
  requires_action: 'payment.action_required',
} as const;

/**
 * Stores the provider's outcome and its event in the caller's transaction. The response to a charge and its webhook
 * race. The first one takes effect.
 * @returns the event, or undefined when the payment was already past that status
 */
export async function settlePayment(tx: Sql, paymentId: string, outcome: ChargeOutcome): Promise<AnyEvent | undefined> {
  const row = await applyOutcome(tx, paymentId, outcome);
  if (!row) return undefined;
  invariant(row.status === outcome.status, 'a payment has the status of the outcome that was stored', {
    paymentId,
    status: row.status,
    outcome: outcome.status,
  });
  return appendEvent(tx, newEvent(paymentEvents, EVENT_OF[outcome.status], row.id, row.version, paymentSnapshot(row)));
}

export function paymentSnapshot(row: PaymentRow): z.output<(typeof paymentEvents)['payment.captured']> {
  return { paymentId: row.id, orderId: row.order_id, userId: row.user_id, amount: toPayment(row).amount };
}
