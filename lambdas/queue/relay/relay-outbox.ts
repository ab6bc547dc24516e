import { sql } from 'kysely';
import type { Database } from '../../database/database.client.ts';
import { errorFields, logger } from '../../shared/logger.ts';
import { count } from '../../shared/metrics.ts';
import { markPublished, type OutboxRow, toEvent } from '../outbox.ts';
import type { SendEvent } from '../publisher.ts';

/** Younger events are still being published by the function that committed them. */
export const GRACE_SECONDS = 5;
const BATCH = 50;
/** A run ends before the function's timeout; what is left is for the next. */
const MAX_BATCHES = 40;

/**
 * Publishes what was left behind, oldest first. Several relays may run at once: each locks the rows it takes and skips
 * those of others. A relay that dies after sending and before marking sends again: consumers know an event by its id.
 * An event that no queue takes stays behind and holds up no other.
 * @returns how many events it published
 * @throws the first refusal, after everything else went out
 */
export async function relayOutbox(database: Database, send: SendEvent, graceSeconds = GRACE_SECONDS): Promise<number> {
  let published = 0;
  const refused = new Map<string, unknown>();
  for (let batch = 0; batch < MAX_BATCHES && refused.size < BATCH; batch++) {
    const taken = await relayBatch(database, send, graceSeconds, refused);
    published += taken.published;
    if (taken.seen < BATCH) break;
  }
  if (published > 0) count('OutboxRelayed', published);
  for (const [eventId, error] of refused) logger.error('no queue took it', { eventId, ...errorFields(error) });
  if (refused.size > 0) throw refused.values().next().value;
  return published;
}

async function relayBatch(database: Database, send: SendEvent, graceSeconds: number, refused: Map<string, unknown>) {
  return database.transaction(async (tx) => {
    const { rows } = await sql<OutboxRow>`
      SELECT id, type, aggregate_id, payload, occurred_at FROM queue.outbox
      WHERE published_at IS NULL AND occurred_at < now() - make_interval(secs => ${graceSeconds})
        AND id <> ALL (${[...refused.keys()]}::uuid[])
      ORDER BY occurred_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`.execute(tx);
    const sent = await Promise.all(
      rows.map((row) =>
        send(toEvent(row)).then(
          () => row.id,
          (error: unknown) => void refused.set(row.id, error),
        ),
      ),
    );
    const ids = sent.filter((id) => id !== undefined);
    if (ids.length > 0) await markPublished(tx, ids);
    return { seen: rows.length, published: ids.length };
  });
}
