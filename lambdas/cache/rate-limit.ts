import type { CacheClient } from './cache.client.ts';

/** Counts in a fixed window that starts with the first hit; one round trip, atomic. Answers [count, ms to the end]. */
const HIT = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}`;

export interface RateLimit {
  /** Hits allowed in a window. */
  limit: number;
  windowMs: number;
}

export interface HitResult {
  allowed: boolean;
  retryAfterSeconds: number;
}

/** Counts one hit. @returns undefined when the cache is unavailable: the caller decides what that means. */
export async function hit(
  cache: CacheClient,
  key: string,
  { limit, windowMs }: RateLimit,
): Promise<HitResult | undefined> {
  const answer = await cache.attempt((valkey) => valkey.eval(HIT, 1, key, windowMs) as Promise<[number, number]>);
  if (!answer) return undefined;
  const [hits, remainingMs] = answer;
  return { allowed: hits <= limit, retryAfterSeconds: Math.max(1, Math.ceil(remainingMs / 1000)) };
}
