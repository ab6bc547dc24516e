import { sql } from 'kysely';
import type { Database } from '../database/database.client.ts';
import { count } from '../shared/metrics.ts';
import { markPublished, type OutboxRow, toEvent } from './outbox.ts';
import type { SendEvent } from './publisher.ts';

/** Younger events are still being published by the function that committed them. */
export const GRACE_SECONDS = 5;
const BATCH = 50;
/** A run ends before the function's timeout; what is left is for the next. */
const MAX_BATCHES = 40;

/**
 * Publishes what was left behind, oldest first. Several relays may run at once: each locks the rows it takes and skips
 * those of others. A relay that dies after sending and before marking sends again: consumers know an event by its id.
 * @returns how many events it published
 */
export async function relayLeftBehind(
  database: Database,
  send: SendEvent,
  graceSeconds = GRACE_SECONDS,
): Promise<number> {
  let published = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const taken = await relayBatch(database, send, graceSeconds);
    published += taken;
    if (taken < BATCH) break;
  }
  if (published > 0) count('OutboxLeftBehind', published);
  return published;
}

function relayBatch(database: Database, send: SendEvent, graceSeconds: number): Promise<number> {
  return database.transaction(async (tx) => {
    const { rows } = await sql<OutboxRow>`
      SELECT id, type, aggregate_id, payload, occurred_at FROM queue.outbox
      WHERE published_at IS NULL AND occurred_at < now() - make_interval(secs => ${graceSeconds})
      ORDER BY occurred_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`.execute(tx);
    if (rows.length === 0) return 0;
    await Promise.all(rows.map((row) => send(toEvent(row))));
    await markPublished(
      tx,
      rows.map((row) => row.id),
    );
    return rows.length;
  });
}
