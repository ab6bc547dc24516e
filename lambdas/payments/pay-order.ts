import type { Database, Sql } from '../database/database.client.ts';
import { hashRequest, type IdempotencyClaim, REPLAYED_HEADER, replay } from '../database/idempotency.ts';
import type { ReadYourWrites } from '../database/read-your-writes.ts';
import type { PublishCommitted } from '../queue/publisher.ts';
import type { Clock } from '../shared/clock.ts';
import type { AnyEvent } from '../shared/event.ts';
import { uuidv7 } from '../shared/ids.ts';
import { Problem } from '../shared/problem.ts';
import { isCaptured, type Payment, type PaymentMethod } from './payment.ts';
import type { PaymentProvider } from './payment-provider.ts';
import { paymentProblems } from './payments.errors.ts';
import {
  findLivePayment,
  findPayment,
  findStoredResponse,
  openPayment,
  type PaymentAttempt,
  type PaymentRow,
  type StoredPaymentResponse,
  storeResponse,
  toPayment,
} from './payments.repository.ts';
import { reconcilePayment } from './reconcile-payments.ts';
import { settlePayment } from './settle-payment.ts';

export interface PaymentDependencies {
  database: Database;
  data: ReadYourWrites;
  provider: PaymentProvider;
  publish: PublishCommitted;
  clock: Clock;
}

export interface PayOrderInput {
  userId: string;
  idempotencyKey: string;
  orderId: string;
  paymentMethod: PaymentMethod;
  requestId: string;
}

export interface PaidOrder {
  payment: Payment;
  replayed: boolean;
}

/**
 * Pays an order in three steps. A crash after any of them is safe: (1) claim the key and open the payment, committed
 * before the charge; (2) charge, idempotent by the payment's id; (3) store the outcome, its event and the response.
 * After a crash between 1 and 3, the provider's webhook, a retry with the same key, or the scheduled job
 * `reconcile-payments` completes the payment.
 *
 * @throws Problem PAYMENT_DECLINED, ORDER_NOT_FOUND, ORDER_ALREADY_PAID, ORDER_NOT_PAYABLE, PAYMENT_IN_PROGRESS,
 *   IDEMPOTENCY_KEY_REUSED, REQUEST_IN_PROGRESS
 */
export async function payOrder(deps: PaymentDependencies, input: PayOrderInput): Promise<PaidOrder> {
  const { orderId, paymentMethod } = input;
  const claim: IdempotencyClaim = {
    userId: input.userId,
    operation: 'pay-order',
    key: input.idempotencyKey,
    requestHash: hashRequest({ orderId, paymentMethod }),
  };
  const opened = await beginPayment(deps, claim, orderId);
  if (!opened) return replayOrResume(deps, claim, input);
  return charge(deps, claim, input, opened);
}

async function beginPayment(
  deps: PaymentDependencies,
  claim: IdempotencyClaim,
  orderId: string,
): Promise<PaymentRow | undefined> {
  const paymentId = uuidv7(deps.clock());
  const open = () =>
    deps.data.transaction(claim.userId, async (tx) => {
      const attempt = await openPayment(tx, claim, paymentId, orderId, deps.provider.name);
      if (attempt.claimed && !attempt.payment) throw new PaymentNotOpened(attempt);
      return attempt.payment;
    });
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof PaymentNotOpened)) throw error;
    // The claim was rolled back. If a crashed process left an unfinished payment, reconciling it may free the order.
    const freed = await refuseUnlessFreed(deps, orderId, error.attempt);
    if (!freed) return undefined;
    return open().catch((again: unknown) => {
      // A concurrent request opened its payment first.
      throw again instanceof PaymentNotOpened ? new Problem(paymentProblems.PAYMENT_IN_PROGRESS) : again;
    });
  }
}

class PaymentNotOpened extends Error {
  readonly attempt: PaymentAttempt;
  constructor(attempt: PaymentAttempt) {
    super('No payment was opened.');
    this.attempt = attempt;
  }
}

/** @returns true when a crashed process's payment was never charged, so that the order can be paid again */
async function refuseUnlessFreed(
  deps: PaymentDependencies,
  orderId: string,
  { order_status, order_open }: PaymentAttempt,
): Promise<boolean> {
  if (order_status === null) throw new Problem(paymentProblems.ORDER_NOT_FOUND);
  let live = await deps.database.write((db) => findLivePayment(db, orderId));
  if (live?.stale) {
    await reconcilePayment(deps, live);
    live = await deps.database.write((db) => findLivePayment(db, orderId));
  }
  if (live && isCaptured(live.status)) throw new Problem(paymentProblems.ORDER_ALREADY_PAID);
  if (!order_open) {
    const paid = order_status === 'paid' || order_status === 'fulfilled' || order_status === 'refunded';
    throw new Problem(paid ? paymentProblems.ORDER_ALREADY_PAID : paymentProblems.ORDER_NOT_PAYABLE);
  }
  if (live) {
    const extra = { paymentId: live.id, nextAction: toPayment(live).nextAction };
    throw new Problem(paymentProblems.PAYMENT_IN_PROGRESS, { extra, retryAfterSeconds: 2 });
  }
  return true;
}

async function charge(
  deps: PaymentDependencies,
  claim: IdempotencyClaim,
  input: PayOrderInput,
  opened: PaymentRow,
): Promise<PaidOrder> {
  const { amount } = toPayment(opened);
  const outcome = await deps.provider.charge({ paymentId: opened.id, amount, token: input.paymentMethod.token });
  const { row, event } = await deps.data.transaction(claim.userId, async (tx) => {
    const event: AnyEvent | undefined = outcome && (await settlePayment(tx, opened.id, outcome));
    const row = (await findPayment(tx, opened.id)) as PaymentRow;
    await storeOutcome(tx, claim, row, input.requestId);
    return { row, event };
  });
  if (event) await deps.publish([event]);
  if (row.status === 'declined') throw declined(declinedResponse(row, input.requestId), false);
  return { payment: toPayment(row), replayed: false };
}

async function storeOutcome(tx: Sql, claim: IdempotencyClaim, row: PaymentRow, requestId: string): Promise<void> {
  if (row.status === 'declined') await storeResponse(tx, claim, 402, declinedResponse(row, requestId));
  else await storeResponse(tx, claim, 201, { payment: toPayment(row) });
}

async function replayOrResume(
  deps: PaymentDependencies,
  claim: IdempotencyClaim,
  input: PayOrderInput,
): Promise<PaidOrder> {
  const stored = await deps.database.write((db) => findStoredResponse(db, claim));
  if (!stored) throw new Problem(paymentProblems.PAYMENT_IN_PROGRESS, { retryAfterSeconds: 1 });
  if (stored.status === null && stored.requestHash.equals(claim.requestHash)) {
    const opened = await deps.database.write((db) => findPayment(db, stored.subjectId));
    if (opened && opened.status !== 'processing') return storeAndReplay(deps, claim, input, opened.id);
    if (opened && stored.stale) return charge(deps, claim, input, opened);
  }
  return replayed(claim, stored);
}

/** The request that opened the payment crashed, and a webhook or the reconciliation has completed the payment since. */
async function storeAndReplay(
  deps: PaymentDependencies,
  claim: IdempotencyClaim,
  input: PayOrderInput,
  paymentId: string,
): Promise<PaidOrder> {
  const stored = await deps.data.transaction(claim.userId, async (tx) => {
    const row = (await findPayment(tx, paymentId)) as PaymentRow;
    await storeOutcome(tx, claim, row, input.requestId);
    return (await findStoredResponse(tx, claim)) as StoredPaymentResponse;
  });
  return replayed(claim, stored);
}

function replayed(claim: IdempotencyClaim, stored: StoredPaymentResponse): PaidOrder {
  const { status, body } = replay(claim, stored);
  if (status === 402) throw declined(body as DeclinedResponse, true);
  return { ...(body as { payment: Payment }), replayed: true };
}

/** What is stored of a declined payment, so that a replay returns the same document. */
type DeclinedResponse = { paymentId: string; declineCode: string | null; requestId: string };

const declinedResponse = (row: PaymentRow, requestId: string): DeclinedResponse => ({
  paymentId: row.id,
  declineCode: row.decline_code,
  requestId,
});

function declined({ requestId, ...extra }: DeclinedResponse, replayed: boolean): Problem {
  return new Problem(paymentProblems.PAYMENT_DECLINED, { extra, requestId, headers: replayed ? REPLAYED_HEADER : {} });
}
