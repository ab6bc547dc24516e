import { databaseFromEnv } from '../database/database.client.ts';
import { createPublishCommitted, createSendEvent } from '../queue/publisher.ts';
import { logger } from '../shared/logger.ts';
import { count } from '../shared/metrics.ts';
import { concludeUnfinished } from './conclude-payments.ts';
import { tellAgain } from './payments.repository.ts';
import { providerFromEnv } from './payments.settings.ts';

type Conclude = () => Promise<{ asked: number; toldAgain: number }>;
let conclude: Conclude | undefined;

function createConclusion(): Conclude {
  const database = databaseFromEnv();
  const deps = { database, provider: providerFromEnv(), publish: createPublishCommitted(database, createSendEvent()) };
  return async () => {
    const asked = await concludeUnfinished(deps);
    const toldAgain = await database.write(tellAgain);
    if (toldAgain > 0) count('EventToldAgain', toldAgain);
    return { asked, toldAgain };
  };
}

/** Runs on a schedule, a minute apart. */
export const handler: Conclude = async () => {
  conclude ??= createConclusion();
  const done = await conclude();
  logger.info('conclusion', done);
  return done;
};
