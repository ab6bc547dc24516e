import * as z from 'zod';
import { type Database, databaseFromEnv } from '../database/database.client.ts';
import { logger } from '../shared/logger.ts';
import { emailSchema } from '../shared/text.ts';
import { makeAdmin } from './make-admin.ts';

const inputSchema = z.strictObject({ email: emailSchema });
let database: Database | undefined;

/** An operator invokes it with `{"email": "..."}`. It has no route. IAM controls access. */
export const handler = async (event: unknown) => {
  const { email } = inputSchema.parse(event);
  database ??= databaseFromEnv();
  const admin = await makeAdmin(database, email);
  logger.info('user promoted to administrator', { userId: admin.id });
  return admin;
};
