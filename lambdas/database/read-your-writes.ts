import type { CacheClient } from '../cache/cache.client.ts';
import type { Database, Sql } from './database.client.ts';

/** How long a user's reads stay on the writer after a write. Far above the usual replica lag (tens of milliseconds). */
export const PIN_MS = 3_000;

const pinKey = (userId: string) => `pin:${userId}`;

/**
 * Reads go to the replica, except a user's own right after a write. The pin is kept in the cache, where all functions
 * see it; a cache that cannot answer sends the read to the writer, which is always right and only costs load.
 */
export class ReadYourWrites {
  readonly #database: Database;
  readonly #cache: CacheClient;

  constructor(database: Database, cache: CacheClient) {
    this.#database = database;
    this.#cache = cache;
  }

  /** Runs a user's write in a transaction and pins the user's reads, at the same time: the pin costs no latency. */
  async transaction<T>(userId: string, work: (tx: Sql) => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    const pinned = this.pin(userId);
    const result = await this.#database.transaction(work);
    await pinned;
    // A transaction that had to wait has used up some of its pin.
    if (performance.now() - startedMs > PIN_MS / 3) await this.pin(userId);
    return result;
  }

  async pin(userId: string): Promise<void> {
    await this.#cache.attempt((valkey) => valkey.set(pinKey(userId), '1', 'PX', PIN_MS));
  }

  async read<T>(userId: string, work: (sql: Sql) => Promise<T>): Promise<T> {
    const pinned = await this.#cache.attempt((valkey) => valkey.exists(pinKey(userId)));
    return pinned === 0 ? this.#database.read(work) : this.#database.write(work);
  }
}
