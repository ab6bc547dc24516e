import { databaseFromEnv } from '../database/database.client.ts';
import { createPublishCommitted, createSendEvent } from '../queue/publisher.ts';
import { logger } from '../shared/logger.ts';
import { count } from '../shared/metrics.ts';
import { republishLostEvents } from './payments.repository.ts';
import { providerFromEnv } from './payments.settings.ts';
import { reconcileUnfinishedPayments } from './reconcile-payments.ts';

type Reconcile = () => Promise<{ reconciled: number; republished: number }>;
let reconcile: Reconcile | undefined;

function createReconciliation(): Reconcile {
  const database = databaseFromEnv();
  const deps = { database, provider: providerFromEnv(), publish: createPublishCommitted(database, createSendEvent()) };
  return async () => {
    const reconciled = await reconcileUnfinishedPayments(deps);
    const republished = await database.write(republishLostEvents);
    if (republished > 0) count('EventRepublished', republished);
    return { reconciled, republished };
  };
}

/** A scheduled job that runs every minute. */
export const handler: Reconcile = async () => {
  reconcile ??= createReconciliation();
  const done = await reconcile();
  logger.info('payments reconciled', done);
  return done;
};
