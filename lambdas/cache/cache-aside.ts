import { randomUUID } from 'node:crypto';
import type { CacheClient } from './cache.client.ts';

export interface CacheAsideOptions {
  /** Upper bound on staleness should an invalidation be lost. */
  ttlMs: number;
}

/** A refill that takes longer loses its claim, so that a process that died does not block the key. */
const CLAIM_MS = 2_000;
/** Followers look again this often, this many times, before they read the database themselves. */
const FOLLOW_EVERY_MS = 15;
const FOLLOW_TIMES = 20;
/** For this long after an invalidation a key is refilled from the writer. Well above the replica lag that the alarms allow. */
const CHANGED_MS = 60_000;

/** Claims the refill. Answers [claimed, the mark of the last invalidation or false]. */
const CLAIM = `
return {redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') and 1 or 0, redis.call('GET', KEYS[2])}`;

/** Stores a refill unless the key was invalidated since it was claimed; gives the claim back if it is still ours. */
const STORE = `
if (redis.call('GET', KEYS[3]) or '') == ARGV[4] then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
if redis.call('GET', KEYS[2]) == ARGV[3] then redis.call('DEL', KEYS[2]) end
return 1`;

// The braces keep a key's three names in one slot of a cluster.
const valueKey = (key: string) => `{${key}}`;
const claimKey = (key: string) => `{${key}}:claim`;
const changedKey = (key: string) => `{${key}}:changed`;

/** Where a refill must read: after an invalidation only the writer is sure to have what was written. */
export type RefillFrom = 'replica' | 'writer';

/** Cache-aside with one refill at a time per key. A hit is exactly one round trip; a dead cache means `load`. */
export class CacheAside<T> {
  readonly #cache: CacheClient;
  readonly #options: CacheAsideOptions;

  constructor(cache: CacheClient, options: CacheAsideOptions) {
    this.#cache = cache;
    this.#options = options;
  }

  /** @param load reads the value from the database; what it throws is thrown on, and nothing is cached */
  async get(key: string, load: (from: RefillFrom) => Promise<T>): Promise<T> {
    const cached = await this.#cache.attempt((valkey) => valkey.get(valueKey(key)));
    if (typeof cached === 'string') return JSON.parse(cached);
    if (cached === undefined) return load('replica');
    return this.#refill(key, load);
  }

  /** Drops the value and marks the key: what was read before this is not stored after it. @returns false when the cache is unavailable */
  async invalidate(key: string): Promise<boolean> {
    const done = await this.#cache.attempt((valkey) =>
      valkey.multi().set(changedKey(key), randomUUID(), 'PX', CHANGED_MS).del(valueKey(key)).exec(),
    );
    return done !== undefined;
  }

  async #refill(key: string, load: (from: RefillFrom) => Promise<T>): Promise<T> {
    const claim = randomUUID();
    const answer = await this.#cache.attempt(
      (valkey) =>
        valkey.eval(CLAIM, 2, claimKey(key), changedKey(key), claim, CLAIM_MS) as Promise<[number, string | null]>,
    );
    const [claimed, changed] = answer ?? [1, null];
    const loadFresh = () => load(changed ? 'writer' : 'replica');
    if (!claimed) return (await this.#follow(key)) ?? loadFresh();
    const value = await loadFresh();
    const names = [valueKey(key), claimKey(key), changedKey(key)];
    const stored = JSON.stringify(value);
    await this.#cache.attempt((valkey) =>
      valkey.eval(STORE, 3, ...names, stored, this.#options.ttlMs, claim, changed ?? ''),
    );
    return value;
  }

  async #follow(key: string): Promise<T | undefined> {
    for (let time = 0; time < FOLLOW_TIMES; time++) {
      await new Promise((resolve) => setTimeout(resolve, FOLLOW_EVERY_MS));
      const [value, claimed] = (await this.#cache.attempt((v) => v.mget(valueKey(key), claimKey(key)))) ?? [];
      if (value) return JSON.parse(value);
      if (!claimed) return undefined;
    }
    return undefined;
  }
}
