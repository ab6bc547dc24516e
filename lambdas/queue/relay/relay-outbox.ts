import { sql } from 'kysely';
import type { Database } from '../../database/database.client.ts';
import { errorFields, logger } from '../../shared/logger.ts';
import { count } from '../../shared/metrics.ts';
import { markPublished, type OutboxRow, toEvent } from '../outbox.ts';
import type { SendEvent } from '../publisher.ts';

/** Newer events may still be published by the function that committed them. */
export const GRACE_SECONDS = 5;
const BATCH = 50;
/** Limits a run, so that it ends before the function's timeout. The next run continues. */
const MAX_BATCHES = 40;

/**
 * Publishes events that were committed but not sent, oldest first. Several relays can run at once: each locks its rows
 * and skips rows that another has locked. A relay that crashes between sending and marking causes a second delivery,
 * which consumers detect by the event's id. An event that cannot be sent stays in the outbox and does not block others.
 * @returns the number of published events
 * @throws the first error, after all other events were sent
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
  for (const [eventId, error] of refused) logger.error('event could not be sent', { eventId, ...errorFields(error) });
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
