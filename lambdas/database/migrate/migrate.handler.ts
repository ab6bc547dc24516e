import path from 'node:path';
import * as z from 'zod';
import { readEnv } from '../../shared/env.ts';
import { logger } from '../../shared/logger.ts';
import { createSecretReader } from '../../shared/secrets.ts';
import { BACKGROUND_CONNECT_TIMEOUT_MS } from '../database.client.ts';
import { migrate } from './migrate.ts';

const ownerSchema = z.object({ username: z.string().min(1), password: z.string().min(1) });
/** Runs in each deployment, with the schema owner's password from Secrets Manager. Safe to run again. */
export async function handler(): Promise<{ ran: string[] }> {
  const env = readEnv({
    DATABASE_WRITER: z.string().regex(/^.+:\d+$/),
    DATABASE_NAME: z.string().min(1),
    OWNER_SECRET_NAME: z.string().min(1),
  });
  const [host, port] = env.DATABASE_WRITER.split(':');
  const owner = ownerSchema.parse(JSON.parse(await createSecretReader(env.OWNER_SECRET_NAME)()));
  const ran = await migrate(
    {
      host,
      port: Number(port),
      database: env.DATABASE_NAME,
      user: owner.username,
      password: owner.password,
      ssl: { rejectUnauthorized: true },
      connectionTimeoutMillis: BACKGROUND_CONNECT_TIMEOUT_MS,
    },
    // The migration files are next to the bundled entry.
    path.join(import.meta.dirname, 'migrations'),
  );
  logger.info('migrated', { ran });
  return { ran };
}
