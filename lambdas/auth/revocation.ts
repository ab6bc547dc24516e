import type { CacheClient } from '../cache/cache.client.ts';
import { count } from '../shared/metrics.ts';
import { ACCESS_TOKEN_SECONDS } from './user.ts';

/** The longest that an access token of a revoked session is valid, plus a minute for clock skew. */
const REVOCATION_TTL_SECONDS = ACCESS_TOKEN_SECONDS + 60;

const revokedKey = (sessionId: string) => `revoked:${sessionId}`;

/** Makes the authorizer reject the sessions' access tokens at once. The database remains the source of truth. */
export async function markRevoked(cache: CacheClient, sessionIds: string[]): Promise<void> {
  if (sessionIds.length === 0) return;
  const done = await cache.attemptWithRetries(async (valkey) => {
    const batch = valkey.pipeline();
    for (const id of sessionIds) batch.set(revokedKey(id), '1', 'EX', REVOCATION_TTL_SECONDS);
    const replies = (await batch.exec()) ?? [];
    for (const [error] of replies) if (error) throw error;
    return true;
  });
  // The access tokens then work until they expire, for at most ten minutes. The metric counts it.
  if (!done) count('RevocationNotCached');
}

/** @returns undefined when the cache is unavailable */
export async function isRevoked(cache: CacheClient, sessionId: string): Promise<boolean | undefined> {
  const found = await cache.attempt((valkey) => valkey.exists(revokedKey(sessionId)));
  return found === undefined ? undefined : found === 1;
}
