import { databaseFromEnv } from '../../database/database.client.ts';
import { logger } from '../../shared/logger.ts';
import { createSendEvent } from '../publisher.ts';
import { relayOutbox } from './relay-outbox.ts';

let relay: (() => Promise<number>) | undefined;

function createRelay(): () => Promise<number> {
  const database = databaseFromEnv();
  const send = createSendEvent();
  return () => relayOutbox(database, send);
}

/** Runs on a schedule. Publishes events whose process crashed after the commit and before it published them. */
export const handler = async (): Promise<{ published: number }> => {
  relay ??= createRelay();
  const published = await relay();
  logger.info('relay', { published });
  return { published };
};
