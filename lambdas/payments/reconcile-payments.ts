import type { Database } from '../database/database.client.ts';
import type { PublishCommitted } from '../queue/publisher.ts';
import type { PaymentProvider } from './payment-provider.ts';
import { claimUnfinishedPayment, type PaymentRow, toPayment } from './payments.repository.ts';
import { settlePayment } from './settle-payment.ts';

export interface ReconcileDependencies {
  database: Database;
  provider: PaymentProvider;
  publish: PublishCommitted;
}

/** Each payment may take a call to the provider. The next run takes the rest. */
const MAX_PAYMENTS_PER_RUN = 100;
/** This many timeouts in a row mean that the provider is down. Each takes 5 s. */
const MAX_UNANSWERED_CALLS = 3;

/**
 * Retrieves or voids a payment's charge at the provider, and stores the outcome.
 * @returns false when the provider did not respond
 */
export async function reconcilePayment(deps: ReconcileDependencies, payment: PaymentRow): Promise<boolean> {
  const outcome = await deps.provider.retrieveOrVoid({ paymentId: payment.id, amount: toPayment(payment).amount });
  if (!outcome) return false;
  const event = await deps.database.transaction((tx) => settlePayment(tx, payment.id, outcome));
  if (event) await deps.publish([event]);
  return true;
}

/**
 * Completes payments whose process crashed and whose webhook did not arrive, so that no capture stays unrecorded.
 * Concurrent runs take different rows. A provider that is down ends the run.
 * @returns the number of payments that it looked up
 */
export async function reconcileUnfinishedPayments(deps: ReconcileDependencies): Promise<number> {
  let unansweredCalls = 0;
  for (let lookedUp = 0; lookedUp < MAX_PAYMENTS_PER_RUN; lookedUp++) {
    const payment = await deps.database.write((db) => claimUnfinishedPayment(db));
    if (!payment) return lookedUp;
    // A payment without a response must not block the others.
    unansweredCalls = (await reconcilePayment(deps, payment)) ? 0 : unansweredCalls + 1;
    if (unansweredCalls === MAX_UNANSWERED_CALLS) return lookedUp + 1;
  }
  return MAX_PAYMENTS_PER_RUN;
}
