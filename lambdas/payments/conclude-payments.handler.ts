import { databaseFromEnv } from '../database/database.client.ts';
import { createPublishCommitted, createSendEvent } from '../queue/publisher.ts';
import { logger } from '../shared/logger.ts';
import { concludeUnfinished } from './conclude-payments.ts';
import { providerFromEnv } from './payments.settings.ts';

let conclude: (() => Promise<number>) | undefined;

function createConclusion(): () => Promise<number> {
  const database = databaseFromEnv();
  const deps = { database, provider: providerFromEnv(), publish: createPublishCommitted(database, createSendEvent()) };
  return () => concludeUnfinished(deps);
}

/** Runs on a schedule, a minute apart. */
export const handler = async (): Promise<{ asked: number }> => {
  conclude ??= createConclusion();
  const asked = await conclude();
  logger.info('conclusion', { asked });
  return { asked };
};
