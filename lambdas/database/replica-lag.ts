import { sql } from 'kysely';
import { withinMs } from '../shared/within.ts';
import type { Sql } from './connections.ts';

/** A replica further behind than this is not read from. With the age of a measurement it stays below the pin's 3 s. */
export const MAX_LAG_MS = 1_500;
/** A measurement holds this long. */
const CHECK_EVERY_MS = 1_000;
/** After a replica was found behind, the next look comes sooner: it may have caught up. */
const RECHECK_EVERY_MS = 250;
/** A writer that does not respond is not asked for longer than this, and not again for a while: reads go on without it. */
const WRITER_TIMEOUT_MS = 500;
const WITHOUT_WRITER_EVERY_MS = 5_000;
const KEPT_SAMPLES = 8;

/** What is known of the replica's position: it has all commits that the writer had `lagMs` ago, at least. */
export interface ReplicaPosition {
  readonly caughtUp: boolean;
  /** An upper bound; undefined when the replica is behind everything that was sampled. */
  readonly lagMs: number | undefined;
}

/**
 * Measures a replica's lag by transaction ids, with two reads and no write: the first id that the writer has not given to a
 * completed transaction, sampled with the time, against the replica's. A replica that has reached a sample has every commit from before it.
 * Streaming replicas and Aurora's readers both answer `pg_current_snapshot()`; neither needs a clock that agrees.
 */
export class ReplicaLag {
  readonly #writer: Sql;
  readonly #reader: Sql;
  readonly #samples: { xid: bigint; atMs: number }[] = [];
  #checked: { position: ReplicaPosition; untilMs: number } | undefined;
  #running: Promise<ReplicaPosition> | undefined;

  constructor(writer: Sql, reader: Sql) {
    this.#writer = writer;
    this.#reader = reader;
  }

  /** The latest position, measured again when it is too old. Many calls at once measure once. @throws when the replica does not respond */
  async position(): Promise<ReplicaPosition> {
    const { position, untilMs = 0 } = this.#checked ?? {};
    if (position && performance.now() < untilMs) return position;
    this.#running ??= this.#measure().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #measure(): Promise<ReplicaPosition> {
    const atMs = performance.now();
    // The writer first: what it had then, the replica may have by now. A writer that does not respond has no newer commits to miss.
    const written = await withinMs(WRITER_TIMEOUT_MS, nextXid(this.#writer)).catch(() => undefined);
    const replayed = await nextXid(this.#reader);
    if (written !== undefined) {
      this.#samples.unshift({ xid: written, atMs });
      this.#samples.length = Math.min(this.#samples.length, KEPT_SAMPLES);
    }
    const reached = this.#samples.find(({ xid }) => xid <= replayed);
    const lagMs = reached && performance.now() - reached.atMs;
    const caughtUp = written === undefined || (lagMs !== undefined && lagMs <= MAX_LAG_MS);
    const position = { caughtUp, lagMs };
    const holdsMs = written === undefined ? WITHOUT_WRITER_EVERY_MS : caughtUp ? CHECK_EVERY_MS : RECHECK_EVERY_MS;
    this.#checked = { position, untilMs: performance.now() + holdsMs };
    return position;
  }
}

async function nextXid(db: Sql): Promise<bigint> {
  const { rows } = await sql<{ xid: string }>`
    SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xid`.execute(db);
  return BigInt(rows[0]?.xid ?? 0);
}
