import { databaseFromEnv } from '../database/database.client.ts';
import { createPublishCommitted, createSendEvent } from '../queue/publisher.ts';
import { logger } from '../shared/logger.ts';
import { count } from '../shared/metrics.ts';
import { reconcileUnfinishedPayments } from './reconcile-payments.ts';
import { republishLostEvents } from './payments.repository.ts';
import { providerFromEnv } from './payments.settings.ts';

type Reconcile = () => Promise<{ asked: number; republished: number }>;
let reconcile: Reconcile | undefined;

function createReconciliation(): Reconcile {
  const database = databaseFromEnv();
  const deps = { database, provider: providerFromEnv(), publish: createPublishCommitted(database, createSendEvent()) };
  return async () => {
    const asked = await reconcileUnfinishedPayments(deps);
    const republished = await database.write(republishLostEvents);
    if (republished > 0) count('EventRepublished', republished);
    return { asked, republished };
  };
}

/** Runs on a schedule, a minute apart. */
export const handler: Reconcile = async () => {
  reconcile ??= createReconciliation();
  const done = await reconcile();
  logger.info('conclusion', done);
  return done;
};
