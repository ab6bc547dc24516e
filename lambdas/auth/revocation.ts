import type { CacheClient } from '../cache/cache.client.ts';
import { count } from '../shared/metrics.ts';
import { ACCESS_TOKEN_SECONDS } from './user.ts';

/** A revoked session is remembered for as long as an access token of it can live, and a minute for clocks that differ. */
const REMEMBER_SECONDS = ACCESS_TOKEN_SECONDS + 60;

const revokedKey = (sessionId: string) => `revoked:${sessionId}`;

/** Refuses the sessions' access tokens from now on. The rows in the database are the truth; this makes it immediate. */
export async function markRevoked(cache: CacheClient, sessionIds: string[]): Promise<void> {
  if (sessionIds.length === 0) return;
  const done = await cache.attemptWithRetries(async (valkey) => {
    const batch = valkey.pipeline();
    for (const id of sessionIds) batch.set(revokedKey(id), '1', 'EX', REMEMBER_SECONDS);
    const answers = (await batch.exec()) ?? [];
    for (const [error] of answers) if (error) throw error;
    return true;
  });
  // Then the tokens' ten minutes decide, and a metric says so.
  if (!done) count('RevocationNotCached');
}

/** @returns undefined when the cache cannot tell */
export async function isRevoked(cache: CacheClient, sessionId: string): Promise<boolean | undefined> {
  const found = await cache.attempt((valkey) => valkey.exists(revokedKey(sessionId)));
  return found === undefined ? undefined : found === 1;
}
