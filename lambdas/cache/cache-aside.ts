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
/**
 * After an invalidation no refill is stored for this long: a reader that read the old row (or a lagging replica's) just
 * before must not write it back. Well above the replica lag that the alarms allow.
 */
const QUARANTINE_MS = 2_000;

/** Stores a refill unless the key was invalidated meanwhile; gives the claim back if it is still ours. */
const STORE = `
if redis.call('EXISTS', KEYS[3]) == 0 then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
if redis.call('GET', KEYS[2]) == ARGV[3] then redis.call('DEL', KEYS[2]) end
return 1`;

// The braces keep a key's three names in one slot of a cluster.
const valueKey = (key: string) => `{${key}}`;
const claimKey = (key: string) => `{${key}}:claim`;
const quarantineKey = (key: string) => `{${key}}:quarantine`;

/** Cache-aside with one refill at a time per key. A hit is exactly one round trip; a dead cache means `load`. */
export class CacheAside<T> {
  readonly #cache: CacheClient;
  readonly #options: CacheAsideOptions;

  constructor(cache: CacheClient, options: CacheAsideOptions) {
    this.#cache = cache;
    this.#options = options;
  }

  /** @param load reads the value from the database; what it throws is thrown on, and nothing is cached */
  async get(key: string, load: () => Promise<T>): Promise<T> {
    const cached = await this.#cache.attempt((valkey) => valkey.get(valueKey(key)));
    if (typeof cached === 'string') return JSON.parse(cached);
    if (cached === undefined) return load();
    return this.#refill(key, load);
  }

  async invalidate(key: string): Promise<boolean> {
    const done = await this.#cache.attempt((valkey) =>
      valkey.multi().set(quarantineKey(key), '1', 'PX', QUARANTINE_MS).del(valueKey(key)).exec(),
    );
    return done !== undefined;
  }

  async #refill(key: string, load: () => Promise<T>): Promise<T> {
    const claim = randomUUID();
    const won = await this.#cache.attempt((valkey) => valkey.set(claimKey(key), claim, 'PX', CLAIM_MS, 'NX'));
    if (won === null) return (await this.#follow(key)) ?? load();
    const value = await load();
    await this.#cache.attempt((valkey) =>
      valkey.eval(
        STORE,
        3,
        valueKey(key),
        claimKey(key),
        quarantineKey(key),
        JSON.stringify(value),
        this.#options.ttlMs,
        claim,
      ),
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
