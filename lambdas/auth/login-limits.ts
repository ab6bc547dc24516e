import { createHash } from 'node:crypto';
import type { CacheClient } from '../cache/cache.client.ts';
import { hit, type RateLimit } from '../cache/rate-limit.ts';
import { MINUTE_MS } from '../shared/clock.ts';
import { count } from '../shared/metrics.ts';
import { Problem } from '../shared/problem.ts';
import { authProblems } from './auth.errors.ts';

/** Ten attempts per account: enough for a person who tries several passwords. A success resets the count. */
export const PER_ACCOUNT: RateLimit = { limit: 10, windowMs: 15 * MINUTE_MS };
/** Higher, because an office or a carrier's NAT shares one IP address. A success removes its own hit. */
export const PER_ADDRESS: RateLimit = { limit: 1_000, windowMs: 15 * MINUTE_MS };
/** Reset mails per account. They can be requested without a login. */
export const RESETS_PER_ACCOUNT: RateLimit = { limit: 5, windowMs: 60 * MINUTE_MS };

/** Limits attempts per account and per IP address. While the cache is down, there is no limit and a metric counts. */
export class LoginLimits {
  readonly #cache: CacheClient;

  constructor(cache: CacheClient) {
    this.#cache = cache;
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
    await this.#cache.attempt((valkey) => valkey.pipeline().del(accountKey(email)).decr(addressKey(address)).exec());
  }

  async #count(key: string, limit: RateLimit): Promise<void> {
    const result = await hit(this.#cache, key, limit);
    if (!result) return count('LoginLimitUnchecked');
    if (!result.allowed) {
      throw new Problem(authProblems.TOO_MANY_ATTEMPTS, { retryAfterSeconds: result.retryAfterSeconds });
    }
  }
}

const addressKey = (address: string) => `login:address:${address}`;

/** Hashed, so that the cache holds no e-mail addresses. */
const accountKey = (email: string) =>
  `login:account:${createHash('sha256').update(email.toLowerCase()).digest('base64url')}`;
