import { sql } from 'kysely';
import { databaseFromEnv, type Sql } from '../database/database.client.ts';
import type { ListRevoked } from './revocation.ts';
import { REVOCATION_TTL_SECONDS } from './user.ts';

/** The sessions whose access tokens may still be valid. */
export async function listRevoked(db: Sql): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM auth.revoked_sessions
    WHERE revoked_at > now() - make_interval(secs => ${REVOCATION_TTL_SECONDS})`.execute(db);
  return rows.map(({ id }) => id);
}

/** Reads them with the function's own connection, from the writer: a replica may not have the newest. */
export function listRevokedFromEnv(): ListRevoked {
  const database = databaseFromEnv();
  return () => database.write(listRevoked);
}
