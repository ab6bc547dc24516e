import type { Database, Sql } from '../database/database.client.ts';
import { hashRequest, type IdempotencyClaim, replay } from '../database/idempotency.ts';
import type { orderEvents } from '../orders/orders.events.ts';
import { appendEvent, newEvent } from '../queue/outbox.ts';
import type { PublishCommitted } from '../queue/publisher.ts';
import type { EventOf } from '../shared/event.ts';
import { invariant } from '../shared/invariant.ts';
import { count } from '../shared/metrics.ts';
import { type Money, money } from '../shared/money.ts';
import { commonProblems, Problem } from '../shared/problem.ts';
import { isCaptured, type Refund } from './payment.ts';
import type { PaymentProvider } from './payment-provider.ts';
import { paymentProblems } from './payments.errors.ts';
import { paymentEvents } from './payments.events.ts';
import * as payments from './payments.repository.ts';
import * as refunds from './refunds.repository.ts';
import { paymentSnapshot } from './settle-payment.ts';

export interface RefundInput {
  adminId: string;
  idempotencyKey: string;
  paymentId: string;
  amount?: Money;
  reason?: string;
}

/**
 * Reserves the amount to refund and publishes `refund.requested`. The worker then calls the provider.
 * @throws Problem NOT_FOUND, PAYMENT_NOT_CAPTURED, REFUND_EXCEEDS_CAPTURE, IDEMPOTENCY_KEY_REUSED
 */
export async function requestRefund(
  database: Database,
  publish: PublishCommitted,
  input: RefundInput,
): Promise<{ refund: Refund; replayed: boolean }> {
  const { paymentId, amount, reason } = input;
  const requestHash = hashRequest({ paymentId, amount, reason });
  const claim: IdempotencyClaim = {
    userId: input.adminId,
    operation: 'refund-payment',
    key: input.idempotencyKey,
    requestHash,
  };
  const requested = await database.transaction(async (tx) => {
    if (!(await payments.claimKey(tx, claim, paymentId))) return undefined;
    const stored = await openRefund(tx, paymentId, amount, reason);
    await payments.storeResponse(tx, claim, 201, { refund: stored.refund });
    return stored;
  });
  if (requested) {
    await publish([requested.event]);
    return { refund: requested.refund, replayed: false };
  }
  const stored = await database.write((db) => payments.findStoredResponse(db, claim));
  if (!stored) throw new Problem(commonProblems.REQUEST_IN_PROGRESS, { retryAfterSeconds: 1 });
  return { ...(replay(claim, stored).body as { refund: Refund }), replayed: true };
}

async function openRefund(tx: Sql, paymentId: string, amount: Money | undefined, reason: string | undefined) {
  const payment = await payments.lockPayment(tx, paymentId);
  if (!payment) throw new Problem(commonProblems.NOT_FOUND);
  if (!isCaptured(payment.status))
    throw new Problem(paymentProblems.PAYMENT_NOT_CAPTURED, { extra: { paymentStatus: payment.status } });
  invariant(payment.refunded_minor <= payment.amount_minor, 'no more is reserved for refunds than was captured', {
    paymentId,
    refundedMinor: payment.refunded_minor,
    amountMinor: payment.amount_minor,
  });
  const left = money(payment.amount_minor - payment.refunded_minor, payment.currency);
  const wanted = amount ?? left;
  if (wanted.currency !== left.currency || wanted.amountMinor > left.amountMinor || wanted.amountMinor === 0) {
    throw new Problem(paymentProblems.REFUND_EXCEEDS_CAPTURE, { extra: { refundable: left } });
  }
  const row = await refunds.insertRefund(tx, paymentId, wanted.amountMinor, reason ?? null);
  const event = await appendEvent(
    tx,
    newEvent(paymentEvents, 'refund.requested', row.id, 1, { refundId: row.id, paymentId }),
  );
  return { refund: refunds.toRefund(row, payment.currency), event };
}

/** Consumes an event: executes a requested refund, or requests the refund of a late capture. */
export async function handlePaymentEvent(
  database: Database,
  provider: PaymentProvider,
  publish: PublishCommitted,
  event: EventOf<typeof orderEvents & typeof paymentEvents>,
): Promise<void> {
  if (event.type === 'refund.requested') return executeRefund(database, provider, publish, event.payload.refundId);
  if (event.type !== 'order.capture_refused') return;
  const requested = await database.transaction(async (tx) => {
    if (!(await payments.consumeOnce(tx, event.id))) {
      count('EventDuplicate');
      return undefined;
    }
    const payment = await payments.lockPayment(tx, event.payload.paymentId);
    // An administrator has already refunded it.
    if (payment?.refunded_minor === payment?.amount_minor) return undefined;
    return openRefund(tx, event.payload.paymentId, undefined, 'The order was closed before it was paid.');
  });
  if (requested) await publish([requested.event]);
}

/** Refunds at the provider, idempotent by the refund's id, then stores the result. Throws so that SQS redelivers. */
async function executeRefund(
  database: Database,
  provider: PaymentProvider,
  publish: PublishCommitted,
  refundId: string,
): Promise<void> {
  const refund = await database.write((db) => refunds.findRefund(db, refundId));
  const payment = refund && (await database.write((db) => payments.findPayment(db, refund.payment_id)));
  if (!refund || !payment?.provider_charge) throw new Error(`Refund ${refundId} has no charge to refund.`);
  if (refund.status === 'succeeded') return;
  const amount = money(refund.amount_minor, payment.currency);
  await provider.refund({ refundId, chargeId: payment.provider_charge, amount });
  const event = await database.transaction(async (tx) => {
    await payments.lockPayment(tx, payment.id);
    const row = await refunds.completeRefund(tx, refundId);
    if (!row) return undefined;
    invariant(row.refunded_total_minor <= row.amount_minor, 'no more is refunded than was captured', {
      paymentId: row.id,
      refundedMinor: row.refunded_total_minor,
      amountMinor: row.amount_minor,
    });
    const refunded = money(row.refunded_total_minor, row.currency);
    return appendEvent(
      tx,
      newEvent(paymentEvents, 'payment.refunded', row.id, row.version, { ...paymentSnapshot(row), refunded }),
    );
  });
  if (event) await publish([event]);
}
