import type { CacheClient } from '../cache/cache.client.ts';
import type { Database, Sql } from './database.client.ts';

/** How long a user's reads stay on the writer after a write. Far above the usual replica lag (tens of milliseconds). */
export const PIN_MS = 3_000;

const pinKey = (userId: string) => `pin:${userId}`;

/**
 * Sends reads to a read replica, except a user's own reads right after a write. The pin is in the cache, where all
 * functions see it. If the cache does not respond, the read goes to the writer: always correct, only more load.
 */
export class ReadYourWrites {
  readonly #database: Database;
  readonly #cache: CacheClient;

  constructor(database: Database, cache: CacheClient) {
    this.#database = database;
    this.#cache = cache;
  }

  /** Runs a user's write in a transaction. It pins the user's reads at the same time, which adds no latency. */
  async transaction<T>(userId: string, work: (tx: Sql) => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    const pinned = this.pin(userId);
    const result = await this.#database.transaction(work);
    await pinned;
    // A slow transaction has used up part of its pin, so the pin is set again.
    if (performance.now() - startedMs > PIN_MS / 3) await this.pin(userId);
    return result;
  }

  async pin(userId: string): Promise<void> {
    await this.#cache.attempt((valkey) => valkey.set(pinKey(userId), '1', 'PX', PIN_MS));
  }

  async read<T>(userId: string, work: (sql: Sql) => Promise<T>): Promise<T> {
    return (await this.#isPinned(userId)) ? this.#database.write(work) : this.#database.read(work);
  }

  /** Reads one thing of the user. A replica that lags may not have it yet, so only the writer may answer that it is not there. */
  async find<T>(userId: string, work: (sql: Sql) => Promise<T | undefined>): Promise<T | undefined> {
    const found = (await this.#isPinned(userId)) ? undefined : await this.#database.read(work);
    return found ?? this.#database.write(work);
  }

  async #isPinned(userId: string): Promise<boolean> {
    return (await this.#cache.attempt((valkey) => valkey.exists(pinKey(userId)))) !== 0;
  }
}
