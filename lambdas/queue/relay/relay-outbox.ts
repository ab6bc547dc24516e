import { sql } from 'kysely';
import type { Database } from '../../database/database.client.ts';
import { errorFields, logger } from '../../shared/logger.ts';
import { count } from '../../shared/metrics.ts';
import { type OutboxRow, toEvent } from '../outbox.ts';
import type { SendEvent } from '../publisher.ts';

/** Younger events are still being published by the function that committed them. */
export const GRACE_SECONDS = 5;
/** Attempts before an event is quarantined. With the delays below they last about 80 minutes: longer than an hour without SQS. */
export const MAX_ATTEMPTS = 12;
/** Fewer for what no retry mends. Not at once: a deployment may bring the route or the grant. */
export const MAX_PERMANENT_FAILURES = 3;
const FIRST_DELAY_SECONDS = 10;
const LONGEST_DELAY_SECONDS = 900;
const BATCH = 50;
/** A run ends before the function's timeout; the next run continues. */
const MAX_BATCHES = 40;

export interface RelayResult {
  published: number;
  failed: number;
  quarantined: number;
}

/** The delay before the next attempt, after `attempts` that failed. */
export const retryDelaySeconds = (attempts: number): number =>
  Math.min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** Math.max(0, attempts - 1));

/**
 * Publishes events that were committed but not sent, oldest first. Several relays may run at once: each locks the rows that it takes and
 * skips those of others. A relay that dies after sending and before marking sends again; consumers recognise an event by its id. An
 * event that cannot be sent waits for its next attempt, so that it never holds up the others.
 * @throws when nothing at all could be sent: then SQS is at fault, and the failed run says so
 */
export async function relayOutbox(
  database: Database,
  send: SendEvent,
  graceSeconds = GRACE_SECONDS,
): Promise<RelayResult> {
  const total: RelayResult = { published: 0, failed: 0, quarantined: 0 };
  let lastError: unknown;
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const { seen, error, ...result } = await relayBatch(database, send, graceSeconds);
    for (const key of ['published', 'failed', 'quarantined'] as const) total[key] += result[key];
    lastError = error ?? lastError;
    if (seen < BATCH) break;
  }
  if (total.published > 0) count('OutboxRelayed', total.published);
  if (total.quarantined > 0) count('EventQuarantined', total.quarantined);
  if (total.published === 0 && total.failed > 0) throw lastError;
  return total;
}

/** SQS will not take this body, however often it is sent, or no queue is routed to. */
const PERMANENT_ERRORS = [
  'InvalidMessageContents',
  'InvalidParameterValue',
  'InvalidParameterValueException',
  'UnroutableEventError',
];
const isPermanent = (error: unknown): boolean => PERMANENT_ERRORS.includes(String((Object(error) as Error).name));

interface Row extends OutboxRow {
  attempts: number;
}

async function relayBatch(database: Database, send: SendEvent, graceSeconds: number) {
  return database.transaction(async (tx) => {
    const { rows } = await sql<Row>`
      SELECT id, type, aggregate_id, payload, occurred_at, attempts FROM queue.outbox
      WHERE published_at IS NULL AND quarantined_at IS NULL
        AND occurred_at < now() - make_interval(secs => ${graceSeconds})
        AND coalesce(next_attempt_at, occurred_at) <= now()
      ORDER BY coalesce(next_attempt_at, occurred_at) LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`.execute(tx);
    const outcomes = await Promise.all(rows.map((row) => attempt(send, row)));
    await sql`
      UPDATE queue.outbox o SET
        published_at = CASE WHEN a.sent THEN now() END,
        attempts = a.attempts, last_error = a.error,
        next_attempt_at = now() + make_interval(secs => a."delaySeconds"),
        quarantined_at = CASE WHEN a.quarantined THEN now() END
      FROM jsonb_to_recordset(${JSON.stringify(outcomes)}::jsonb)
        AS a(id uuid, sent boolean, attempts integer, error text, "delaySeconds" integer, quarantined boolean)
      WHERE o.id = a.id`.execute(tx);
    const failed = outcomes.filter(({ sent }) => !sent);
    return {
      seen: rows.length,
      published: outcomes.length - failed.length,
      failed: failed.length,
      quarantined: failed.filter(({ quarantined }) => quarantined).length,
      error: failed[0] && new Error(failed[0].error ?? 'The event could not be sent.'),
    };
  });
}

async function attempt(send: SendEvent, { attempts: before, ...row }: Row) {
  const attempts = before + 1;
  try {
    await send(toEvent(row));
    return { id: row.id, sent: true, attempts, error: null, delaySeconds: 0, quarantined: false };
  } catch (error) {
    const quarantined = attempts >= (isPermanent(error) ? MAX_PERMANENT_FAILURES : MAX_ATTEMPTS);
    const fields = { eventId: row.id, type: row.type, attempts, ...errorFields(error) };
    logger.error(quarantined ? 'event quarantined' : 'event could not be sent', fields);
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { id: row.id, sent: false, attempts, error: text, delaySeconds: retryDelaySeconds(attempts), quarantined };
  }
}
