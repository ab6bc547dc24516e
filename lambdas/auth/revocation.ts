import { randomUUID } from 'node:crypto';
import type { ChainableCommander, Redis as Valkey } from 'iovalkey';
import { type CacheClient, runAll } from '../cache/cache.client.ts';
import { errorFields, logger } from '../shared/logger.ts';
import { count } from '../shared/metrics.ts';
import { withinMs } from '../shared/within.ts';
import { REVOCATION_TTL_SECONDS } from './user.ts';

/** The cache is taken to hold every revocation for this long. Then it is filled from the database again. */
const COMPLETE_MS = 10_000;
/** When less than this is left, one request fills the cache while the others still get certain answers from it. */
const REFILL_BELOW_MS = COMPLETE_MS / 2;
/** A fill that takes longer than this is abandoned, so that a crashed process does not prevent the next one. */
const FILL_MS = 5_000;
/** What was read from the database decides for this long. Then it is read again. */
const DATABASE_VIEW_MS = 800;
/** The longest that a request with a certain answer waits for the refill that it makes for the others. */
const REFILL_WAIT_MS = 300;
/** Keys for each round trip of a fill, so that each is below the client's timeout. */
const KEYS_AT_ONCE = 250;

// The braces are a hash tag, which keeps the keys in one slot of a cluster.
const revokedKey = (sessionId: string) => `{revoked}:${sessionId}`;
const COMPLETE_KEY = '{revoked}:complete';
const FILLING_KEY = '{revoked}:filling';

/**
 * Identifies the data set that a server has: another server, a restart, a demotion and an eviction each change it. A flush
 * deletes what was stored under it.
 */
const IDENTITY = `
local info = redis.call('INFO', 'server', 'replication', 'stats')
local function field(pattern) return string.match(info, pattern) or '?' end
local identity = field('run_id:(%w+)') .. ' ' .. field('role:(%w+)') .. ' ' .. field('evicted_keys:(%d+)')`;

/** Returns [revoked, how long the cache still holds every revocation in ms, 0 when it may not]. */
const CHECK = `${IDENTITY}
local complete = redis.call('GET', KEYS[2]) == identity
return {redis.call('EXISTS', KEYS[1]), complete and redis.call('PTTL', KEYS[2]) or 0}`;

/** Claims the fill. The claim is lost with the data that a concurrent log-out may have written, so that `FINISH` notices. */
const BEGIN = `${IDENTITY}
return redis.call('SET', KEYS[1], ARGV[1] .. identity, 'NX', 'PX', ARGV[2]) and 1 or 0`;

/** The mark's time counts from the claim, so that what is left of it says when the database was read at the earliest. */
const FINISH = `${IDENTITY}
if redis.call('GET', KEYS[1]) ~= ARGV[1] .. identity then return 0 end
local left = ARGV[2] - (ARGV[3] - redis.call('PTTL', KEYS[1]))
redis.call('DEL', KEYS[1])
if left <= 0 then return 0 end
redis.call('SET', KEYS[2], identity, 'PX', left)
return 1`;

/** Makes the authorizer reject the sessions' access tokens at once. The database remains the source of truth. */
export async function markRevoked(cache: CacheClient, sessionIds: readonly string[]): Promise<void> {
  if (sessionIds.length === 0) return;
  const done = await storeAll(cache, sessionIds);
  // A token check that finds the cache unavailable too has it filled from the database. Else the mark ends soon.
  if (!done) count('RevocationNotCached');
}

/** Writes the keys of some sessions after the others, each part with its own attempts. @returns whether all were written */
async function storeAll(cache: CacheClient, sessionIds: readonly string[]): Promise<boolean> {
  for (let start = 0; start < sessionIds.length; start += KEYS_AT_ONCE) {
    const part = sessionIds.slice(start, start + KEYS_AT_ONCE);
    if (!(await cache.attemptWithRetries((valkey) => runAll(keysOf(valkey, part))))) return false;
  }
  return true;
}

function keysOf(valkey: Valkey, sessionIds: readonly string[]): ChainableCommander {
  const batch = valkey.pipeline();
  for (const id of sessionIds) batch.set(revokedKey(id), '1', 'EX', REVOCATION_TTL_SECONDS);
  return batch;
}

/** Reads the sessions that were revoked in the last `REVOCATION_TTL_SECONDS`, from the writer. */
export type ListRevoked = () => Promise<readonly string[]>;

/**
 * Decides whether a session was revoked. The cache decides while it is certain to hold every revocation, in one round trip.
 * Otherwise the database does: it is read at most once per `DATABASE_VIEW_MS`, and the cache is filled from it.
 */
export class Revocations {
  readonly #cache: CacheClient;
  readonly #listRevoked: ListRevoked;
  /** When the cache was last found unavailable. A log-out may have failed to reach it at the same time. */
  #lostAtMs = Number.NEGATIVE_INFINITY;
  #view: { readonly ids: Promise<ReadonlySet<string>>; readonly untilMs: number } | undefined;

  constructor(cache: CacheClient, listRevoked: ListRevoked) {
    this.#cache = cache;
    this.#listRevoked = listRevoked;
  }

  /** @throws the database's error when neither the cache nor the database can tell */
  async isRevoked(sessionId: string): Promise<boolean> {
    const reply = await this.#cache.attempt(
      (valkey) => valkey.eval(CHECK, 2, revokedKey(sessionId), COMPLETE_KEY) as Promise<[number, number]>,
    );
    if (!reply) {
      this.#lostAtMs = performance.now();
      count('RevocationFromDatabase');
      return (await this.#readView()).has(sessionId);
    }
    const [revoked, completeMs] = reply;
    if (revoked) return true;
    // Filled before the cache was last unavailable, it may miss what was revoked meanwhile.
    const sinceLostMs = performance.now() - this.#lostAtMs;
    if (completeMs > 0 && COMPLETE_MS - completeMs < sinceLostMs) {
      // The answer is certain, so it does not depend on the database.
      if (completeMs < REFILL_BELOW_MS)
        await withinMs(REFILL_WAIT_MS, this.#fill()).catch((error) => logger.warn('no refill', errorFields(error)));
      return false;
    }
    return ((await this.#fill()) ?? (await this.#readView())).has(sessionId);
  }

  /** Writes all revocations to the cache, and that it has them all. @returns them, or undefined when somebody else does */
  async #fill(): Promise<ReadonlySet<string> | undefined> {
    const claim = `${randomUUID()} `;
    const claimed = await this.#cache.attempt((valkey) => valkey.eval(BEGIN, 1, FILLING_KEY, claim, FILL_MS));
    if (claimed !== 1) return undefined;
    // Read after the claim: a log-out that is not in it writes its own key after this.
    const ids = await this.#read();
    const finish = (valkey: Valkey) =>
      valkey.eval(FINISH, 2, FILLING_KEY, COMPLETE_KEY, claim, COMPLETE_MS, FILL_MS) as Promise<number>;
    const done = (await storeAll(this.#cache, [...ids])) ? await this.#cache.attemptWithRetries(finish) : undefined;
    if (done === undefined) this.#lostAtMs = performance.now();
    logger.info('revocations read from the database', { sessions: ids.size, cached: done === 1 });
    return ids;
  }

  async #readView(): Promise<ReadonlySet<string>> {
    if (this.#view && performance.now() < this.#view.untilMs) return this.#view.ids;
    return this.#read();
  }

  /** A failure is kept as long as a result: a database that does not respond is not asked by each request. */
  #read(): Promise<ReadonlySet<string>> {
    const untilMs = performance.now() + DATABASE_VIEW_MS;
    const ids = this.#listRevoked().then((all) => new Set(all));
    this.#view = { ids, untilMs };
    return ids;
  }
}
