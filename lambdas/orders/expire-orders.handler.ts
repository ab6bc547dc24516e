import { databaseFromEnv } from '../database/database.client.ts';
import { createPublishCommitted, createSendEvent } from '../queue/publisher.ts';
import { systemClock } from '../shared/clock.ts';
import { logger } from '../shared/logger.ts';
import { expireOrders } from './expire-orders.ts';

let expire: (() => Promise<number>) | undefined;

function createExpiry(): () => Promise<number> {
  const database = databaseFromEnv();
  const publish = createPublishCommitted(database, createSendEvent());
  return () => expireOrders(database, publish, systemClock);
}

/** A scheduled job that runs every minute. */
export const handler = async (): Promise<{ expired: number }> => {
  expire ??= createExpiry();
  const expired = await expire();
  logger.info('orders expired', { expired });
  return { expired };
};
