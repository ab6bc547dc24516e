import { createHash } from 'node:crypto';
import { type CacheClient, runAll } from '../cache/cache.client.ts';
import { type HitResult, hit, hitResult, type RateLimit } from '../cache/rate-limit.ts';
import type { Database } from '../database/database.client.ts';
import { MINUTE_MS } from '../shared/clock.ts';
import { count } from '../shared/metrics.ts';
import { Problem } from '../shared/problem.ts';
import { authProblems } from './auth.errors.ts';
import { countAttempt, removeAttempts } from './login-attempts.ts';

/** Ten attempts per account: enough for a person who tries several passwords. A success resets the count. */
export const PER_ACCOUNT: RateLimit = { limit: 10, windowMs: 15 * MINUTE_MS };
/** Higher, because an office or a carrier's NAT shares one IP address. A success removes its own hit. */
export const PER_ADDRESS: RateLimit = { limit: 1_000, windowMs: 15 * MINUTE_MS };
/** Reset mails per account. They can be requested without a login. */
export const RESETS_PER_ACCOUNT: RateLimit = { limit: 5, windowMs: 60 * MINUTE_MS };

/** Limits attempts per account and per IP address. While the cache does not respond, the database counts them. */
export class LoginLimits {
  readonly #cache: CacheClient;
  readonly #database: Database;

  constructor(cache: CacheClient, database: Database) {
    this.#cache = cache;
    this.#database = database;
  }

  /** @throws Problem TOO_MANY_ATTEMPTS with the seconds to wait */
  async check(email: string, address: string): Promise<void> {
    await Promise.all([this.#count(accountKey(email), PER_ACCOUNT), this.#count(addressKey(address), PER_ADDRESS)]);
  }

  async checkReset(email: string): Promise<void> {
    await this.#count(accountKey(email).replace('login:', 'login:reset-'), RESETS_PER_ACCOUNT);
  }

  /** Removes a successful login from the counts: only failures count. */
  async recordSuccess(email: string, address: string): Promise<void> {
    const [account, client] = [accountKey(email), addressKey(address)];
    const done = await this.#cache.attempt((valkey) =>
      runAll(valkey.pipeline().del(account).eval(REMOVE_HIT, 1, client)),
    );
    if (!done) await this.#database.write((db) => removeAttempts(db, account, client));
  }

  async #count(key: string, limit: RateLimit): Promise<void> {
    const { allowed, retryAfterSeconds } =
      (await hit(this.#cache, key, limit)) ?? (await this.#countInDatabase(key, limit));
    if (!allowed) throw new Problem(authProblems.TOO_MANY_ATTEMPTS, { retryAfterSeconds });
  }

  async #countInDatabase(key: string, { limit, windowMs }: RateLimit): Promise<HitResult> {
    count('LoginLimitFromDatabase');
    const { hits, remainingSeconds } = await this.#database.write((db) => countAttempt(db, key, windowMs));
    return hitResult(hits, limit, remainingSeconds);
  }
}

/** Only from a count that is there: a decrement alone would create a key that never expires. */
const REMOVE_HIT = `
if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then return redis.call('DECR', KEYS[1]) end
return 0`;

const addressKey = (address: string) => `login:address:${address}`;

/** Hashed, so that neither the cache nor the table holds an e-mail address for it. */
const accountKey = (email: string) =>
  `login:account:${createHash('sha256').update(email.toLowerCase()).digest('base64url')}`;
