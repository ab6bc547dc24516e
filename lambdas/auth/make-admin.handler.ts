import * as z from 'zod';
import { type Database, databaseFromEnv } from '../database/database.client.ts';
import { logger } from '../shared/logger.ts';
import { emailSchema } from '../shared/text.ts';
import { makeAdmin } from './make-admin.ts';

const inputSchema = z.strictObject({ email: emailSchema });
let database: Database | undefined;

/** Invoked by an operator, `{"email": "..."}`: no route leads here, and IAM says who may. */
export const handler = async (event: unknown) => {
  const { email } = inputSchema.parse(event);
  database ??= databaseFromEnv();
  const admin = await makeAdmin(database, email);
  logger.info('made an administrator', { userId: admin.id });
  return admin;
};
