import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { CacheClient } from './cache.client.ts';

export interface CacheAsideOptions<T> {
  /** Upper bound on staleness when an invalidation is lost. */
  ttlMs: number;
  /** The shape of the values. Values of another shape, which another release has stored, count as missing. */
  schema: z.ZodType<T>;
}

/** A claim expires after this, so that a crashed process does not block the key. */
const CLAIM_MS = 2_000;
/** A reader that waits for another's refill polls this often and this many times. Then it reads the database itself. */
const POLL_INTERVAL_MS = 15;
const MAX_POLLS = 20;
/** For this long after an invalidation, refills read the writer. Well above the replica lag that the alarms allow. */
const CHANGED_MS = 60_000;

/** Claims the refill, to prevent a stampede. Returns [claimed, the marker of the last invalidation or false]. */
const CLAIM = `
return {redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') and 1 or 0, redis.call('GET', KEYS[2])}`;

/** Stores the value unless the key was invalidated after the claim. Releases the claim if it is still ours. */
const STORE = `
if (redis.call('GET', KEYS[3]) or '') == ARGV[4] then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
if redis.call('GET', KEYS[2]) == ARGV[3] then redis.call('DEL', KEYS[2]) end
return 1`;

// The braces are a hash tag, which keeps the three keys in one slot of a cluster.
const valueKey = (key: string) => `{${key}}`;
const claimKey = (key: string) => `{${key}}:claim`;
const changedKey = (key: string) => `{${key}}:changed`;

/** Where a refill reads. After an invalidation, only the writer is certain to have the change. */
export type RefillFrom = 'replica' | 'writer';

/** Cache-aside with one refill at a time per key. A hit is one round trip. Without a cache, `get` calls `load`. */
export class CacheAside<T> {
  readonly #cache: CacheClient;
  readonly #ttlMs: number;
  readonly #schema: z.ZodType<T>;
  #shape: string | undefined;

  constructor(cache: CacheClient, { ttlMs, schema }: CacheAsideOptions<T>) {
    this.#cache = cache;
    this.#ttlMs = ttlMs;
    this.#schema = schema;
  }

  /** @param load reads the value from the database. Its errors are rethrown and nothing is cached. */
  async get(key: string, load: (from: RefillFrom) => Promise<T>): Promise<T> {
    const cached = await this.#cache.attempt((valkey) => valkey.get(valueKey(key)));
    if (cached === undefined) return load('replica');
    const found = this.#decode(cached);
    return found ? found.value : this.#refill(key, load);
  }

  /**
   * Deletes the value and marks the key, so that a value read before the invalidation is not stored after it.
   * @returns false when the cache is unavailable
   */
  async invalidate(key: string): Promise<boolean> {
    const done = await this.#cache.attempt((valkey) =>
      valkey.multi().set(changedKey(key), randomUUID(), 'PX', CHANGED_MS).del(valueKey(key)).exec(),
    );
    return done !== undefined;
  }

  async #refill(key: string, load: (from: RefillFrom) => Promise<T>): Promise<T> {
    const claim = randomUUID();
    const reply = await this.#cache.attempt(
      (valkey) =>
        valkey.eval(CLAIM, 2, claimKey(key), changedKey(key), claim, CLAIM_MS) as Promise<[number, string | null]>,
    );
    const [claimed, changed] = reply ?? [1, null];
    const loadFresh = () => load(changed ? 'writer' : 'replica');
    if (!claimed) {
      const refilled = await this.#waitForRefill(key);
      return refilled ? refilled.value : loadFresh();
    }
    const value = await loadFresh();
    const keys = [valueKey(key), claimKey(key), changedKey(key)];
    await this.#cache.attempt((valkey) =>
      valkey.eval(STORE, 3, ...keys, this.#encode(value), this.#ttlMs, claim, changed ?? ''),
    );
    return value;
  }

  async #waitForRefill(key: string): Promise<{ value: T } | undefined> {
    for (let poll = 0; poll < MAX_POLLS; poll++) {
      await delay(POLL_INTERVAL_MS);
      const [value, claimed] = (await this.#cache.attempt((v) => v.mget(valueKey(key), claimKey(key)))) ?? [];
      const found = this.#decode(value);
      if (found || !claimed) return found;
    }
    return undefined;
  }

  /** A stored value begins with its shape, and not its key, so that an invalidation reaches the values of all releases. */
  #encode(value: T): string {
    return `${this.#shapeOfValues()} ${JSON.stringify(value)}`;
  }

  /** @returns undefined for a missing value, and for one of another shape */
  #decode(stored: string | null | undefined): { value: T } | undefined {
    const shape = `${this.#shapeOfValues()} `;
    return stored?.startsWith(shape) ? { value: JSON.parse(stored.slice(shape.length)) } : undefined;
  }

  /** Derived from the schema, so that no change of it can be forgotten. Computed once, at the first request. */
  #shapeOfValues(): string {
    this.#shape ??= createHash('sha256')
      .update(JSON.stringify(z.toJSONSchema(this.#schema, { unrepresentable: 'any' })))
      .digest('base64url')
      .slice(0, 12);
    return this.#shape;
  }
}
