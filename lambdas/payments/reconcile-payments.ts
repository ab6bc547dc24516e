import type { Database } from '../database/database.client.ts';
import type { PublishCommitted } from '../queue/publisher.ts';
import type { PaymentProvider } from './payment-provider.ts';
import { type PaymentRow, claimUnfinishedPayment, toPayment } from './payments.repository.ts';
import { settlePayment } from './settle-payment.ts';

export interface ReconcileDependencies {
  database: Database;
  provider: PaymentProvider;
  publish: PublishCommitted;
}

/** Each may cost a call to the provider; what is left is for the next run. */
const MAX_A_RUN = 100;
/** So many answers in a row that did not come mean that the provider is down: 5 s each is enough. */
const MAX_UNANSWERED_CALLS = 3;

/**
 * Asks the provider what became of a payment, and stores it.
 * @returns false when the provider did not answer
 */
export async function reconcilePayment(deps: ReconcileDependencies, payment: PaymentRow): Promise<boolean> {
  const outcome = await deps.provider.retrieveOrVoid({ paymentId: payment.id, amount: toPayment(payment).amount });
  if (!outcome) return false;
  const event = await deps.database.transaction((tx) => settlePayment(tx, payment.id, outcome));
  if (event) await deps.publish([event]);
  return true;
}

/**
 * Finishes payments whose process died and whose webhook never came: money is never taken without our knowing. Several
 * may run at once: each takes other rows. A provider that is down ends the run.
 * @returns how many it asked about
 */
export async function reconcileUnfinishedPayments(deps: ReconcileDependencies): Promise<number> {
  let unansweredCalls = 0;
  for (let asked = 0; asked < MAX_A_RUN; asked++) {
    const payment = await deps.database.write((db) => claimUnfinishedPayment(db));
    if (!payment) return asked;
    // One that it cannot answer must not hold up the others.
    unansweredCalls = (await reconcilePayment(deps, payment)) ? 0 : unansweredCalls + 1;
    if (unansweredCalls === MAX_UNANSWERED_CALLS) return asked + 1;
  }
  return MAX_A_RUN;
}
