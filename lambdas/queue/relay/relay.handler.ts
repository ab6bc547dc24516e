import { databaseFromEnv } from '../../database/database.client.ts';
import { logger } from '../../shared/logger.ts';
import { createSendEvent } from '../publisher.ts';
import { type RelayResult, relayOutbox } from './relay-outbox.ts';

let relay: (() => Promise<RelayResult>) | undefined;

function createRelay(): () => Promise<RelayResult> {
  const database = databaseFromEnv();
  const send = createSendEvent();
  return () => relayOutbox(database, send);
}

/** Runs on a schedule. Publishes events whose process crashed after the commit and before it published them. */
export const handler = async (): Promise<RelayResult> => {
  relay ??= createRelay();
  const result = await relay();
  logger.info('relay', { ...result });
  return result;
};
