import { sql } from 'kysely';
import type { Sql } from '../database/database.client.ts';

/** Counts one attempt in a fixed window that starts with the first. @returns the count and the rest of the window */
export async function countAttempt(
  db: Sql,
  key: string,
  windowMs: number,
): Promise<{ hits: number; remainingSeconds: number }> {
  const { rows } = await sql<{ hits: number; remaining: number }>`
    INSERT INTO auth.login_attempts AS a (key, hits, window_ends_at)
    VALUES (${key}, 1, now() + make_interval(secs => ${windowMs / 1000}))
    ON CONFLICT (key) DO UPDATE SET
      hits = CASE WHEN a.window_ends_at > now() THEN a.hits + 1 ELSE 1 END,
      window_ends_at = CASE WHEN a.window_ends_at > now() THEN a.window_ends_at ELSE excluded.window_ends_at END
    RETURNING hits, extract(epoch FROM window_ends_at - now())::float8 AS remaining`.execute(db);
  const { hits, remaining } = rows[0] as { hits: number; remaining: number };
  return { hits, remainingSeconds: remaining };
}

/** Removes a successful login: all attempts of the account, and one of the IP address. */
export async function removeAttempts(db: Sql, account: string, address: string): Promise<void> {
  await sql`
    WITH succeeded AS (DELETE FROM auth.login_attempts WHERE key = ${account})
    UPDATE auth.login_attempts SET hits = hits - 1 WHERE key = ${address} AND hits > 0`.execute(db);
}
