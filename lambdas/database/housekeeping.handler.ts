import { logger } from '../shared/logger.ts';
import { type Database, databaseFromEnv } from './database.client.ts';
import { forgetOld } from './forget-old.ts';

let database: Database | undefined;

/** Runs once a day. */
export const handler = async () => {
  database ??= databaseFromEnv();
  const forgotten = await forgetOld(database);
  logger.info('housekeeping', { forgotten });
  return forgotten;
};
