import type { CacheClient } from './cache.client.ts';

/** Counts in a fixed window that starts with the first hit. Atomic, in one round trip. Returns [count, ms left]. */
const HIT = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}`;

export interface RateLimit {
  /** Hits allowed per window. */
  limit: number;
  windowMs: number;
}

export interface HitResult {
  allowed: boolean;
  retryAfterSeconds: number;
}

/** Counts one hit. @returns undefined when the cache is unavailable, so that the caller decides whether to allow it */
export async function hit(
  cache: CacheClient,
  key: string,
  { limit, windowMs }: RateLimit,
): Promise<HitResult | undefined> {
  const reply = await cache.attempt((valkey) => valkey.eval(HIT, 1, key, windowMs) as Promise<[number, number]>);
  if (!reply) return undefined;
  const [hits, remainingMs] = reply;
  return hitResult(hits, limit, remainingMs / 1000);
}

/** Whether the last of `hits` is allowed, and when the window ends, wherever they were counted. */
export const hitResult = (hits: number, limit: number, remainingSeconds: number): HitResult => ({
  allowed: hits <= limit,
  retryAfterSeconds: Math.max(1, Math.ceil(remainingSeconds)),
});
