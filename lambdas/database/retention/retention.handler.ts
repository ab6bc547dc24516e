import { logger } from '../../shared/logger.ts';
import { type Database, databaseFromEnv } from '../database.client.ts';
import { deleteExpiredRows } from './delete-expired-rows.ts';

let database: Database | undefined;

/** Runs once a day. */
export const handler = async () => {
  database ??= databaseFromEnv();
  const deleted = await deleteExpiredRows(database);
  logger.info('retention', { deleted });
  return deleted;
};
