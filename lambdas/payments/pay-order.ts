import type { Database } from '../database/database.client.ts';
import { hashRequest, type IdempotencyClaim, REPLAYED_HEADER, replay } from '../database/idempotency.ts';
import type { ReadYourWrites } from '../database/read-your-writes.ts';
import type { DomainEvent } from '../queue/events.ts';
import type { PublishCommitted } from '../queue/publisher.ts';
import type { Clock } from '../shared/clock.ts';
import { uuidv7 } from '../shared/ids.ts';
import { Problem } from '../shared/problem.ts';
import { reconcilePayment } from './reconcile-payments.ts';
import { isCaptured, type Payment, type PaymentMethod } from './payment.ts';
import type { PaymentProvider } from './payment-provider.ts';
import { paymentProblems } from './payments.errors.ts';
import {
  type PaymentAttempt,
  openPayment,
  findStoredResponse,
  findLivePayment,
  findPayment,
  type PaymentRow,
  storeResponse,
  toPayment,
} from './payments.repository.ts';
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
 * Pays an order in three steps, each safe to die after: (1) claim the key and open the payment, committed before
 * anything is charged; (2) charge, idempotent by the payment's id; (3) store the outcome with its event and the answer.
 * After a death between 1 and 3 the provider's webhook, a retry with the same key, or the sweep of unfinished payments
 * brings it to its end.
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
  const begun = await begin(deps, claim, orderId);
  if (!begun) return replayOrResume(deps, claim, input);
  return charge(deps, claim, input, begun);
}

async function begin(
  deps: PaymentDependencies,
  claim: IdempotencyClaim,
  orderId: string,
): Promise<PaymentRow | undefined> {
  const paymentId = uuidv7(deps.clock());
  const open = () =>
    deps.data.transaction(claim.userId, async (tx) => {
      const attempt = await openPayment(tx, claim, paymentId, orderId, deps.provider.name);
      if (attempt.claimed && !attempt.payment) throw new NotOpened(attempt);
      return attempt.payment;
    });
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof NotOpened)) throw error;
    // The claim was rolled back with its transaction. A payment left behind by a dead process may free the order.
    const freed = await refuseUnlessFreed(deps, orderId, error.attempt);
    if (!freed) return undefined;
    return open().catch((again: unknown) => {
      // Somebody else was faster.
      throw again instanceof NotOpened ? new Problem(paymentProblems.PAYMENT_IN_PROGRESS) : again;
    });
  }
}

class NotOpened extends Error {
  readonly attempt: PaymentAttempt;
  constructor(attempt: PaymentAttempt) {
    super('No payment was opened.');
    this.attempt = attempt;
  }
}

/** @returns true when a dead process's payment turned out never to have been charged, so that the order is free again */
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
  begun: PaymentRow,
): Promise<PaidOrder> {
  const { amount } = toPayment(begun);
  const outcome = await deps.provider.charge({ paymentId: begun.id, amount, token: input.paymentMethod.token });
  const { row, event } = await deps.data.transaction(claim.userId, async (tx) => {
    const event: DomainEvent | undefined = outcome && (await settlePayment(tx, begun.id, outcome));
    const row = (await findPayment(tx, begun.id)) as PaymentRow;
    if (row.status === 'declined') await storeResponse(tx, claim, 402, declinedResponse(row, input.requestId));
    else await storeResponse(tx, claim, 201, { payment: toPayment(row) });
    return { row, event };
  });
  if (event) await deps.publish([event]);
  if (row.status === 'declined') throw declined(declinedResponse(row, input.requestId), false);
  return { payment: toPayment(row), replayed: false };
}

async function replayOrResume(
  deps: PaymentDependencies,
  claim: IdempotencyClaim,
  input: PayOrderInput,
): Promise<PaidOrder> {
  const stored = await deps.database.write((db) => findStoredResponse(db, claim));
  if (!stored) throw new Problem(paymentProblems.PAYMENT_IN_PROGRESS, { retryAfterSeconds: 1 });
  if (stored.status === null && stored.stale && stored.requestHash.equals(claim.requestHash)) {
    const begun = await deps.database.write((db) => findPayment(db, stored.subjectId));
    if (begun) return charge(deps, claim, input, begun);
  }
  const { status, body } = replay(claim, stored);
  if (status === 402) throw declined(body as DeclinedResponse, true);
  return { ...(body as { payment: Payment }), replayed: true };
}

/** What is stored of a refusal for its replay: what makes its document the same again. */
type DeclinedResponse = { paymentId: string; declineCode: string | null; requestId: string };

const declinedResponse = (row: PaymentRow, requestId: string): DeclinedResponse => ({
  paymentId: row.id,
  declineCode: row.decline_code,
  requestId,
});

function declined({ requestId, ...extra }: DeclinedResponse, replayed: boolean): Problem {
  return new Problem(paymentProblems.PAYMENT_DECLINED, { extra, requestId, headers: replayed ? REPLAYED_HEADER : {} });
}
