import { sql } from 'kysely';
import type { Sql } from '../database/database.client.ts';
import { type DomainEvent, EVENTS, type EventPayload, type EventType } from './events.ts';

/** An event about to be written: the aggregate's version makes a state change and its event one to one. */
export interface NewEvent<T extends EventType = EventType> {
  type: T;
  aggregateId: string;
  aggregateVersion: number;
  payload: EventPayload<T>;
}

/** Builds an outbox row; checks the payload, so that a malformed event fails the writer and not every reader. */
export function newEvent<T extends EventType>(
  type: T,
  aggregateId: string,
  aggregateVersion: number,
  payload: EventPayload<T>,
): NewEvent<T> {
  return { type, aggregateId, aggregateVersion, payload: EVENTS[type].payload.parse(payload) as EventPayload<T> };
}

/** The INSERT of an event, to run by itself or as one step of a larger statement. Returns the row as an event. */
export const insertEvent = (event: NewEvent) => sql<OutboxRow>`
  INSERT INTO queue.outbox (type, aggregate_id, aggregate_version, payload)
  VALUES (${event.type}, ${event.aggregateId}, ${event.aggregateVersion}, ${JSON.stringify(event.payload)}::jsonb)
  RETURNING id, type, aggregate_id, payload, occurred_at`;

export interface OutboxRow {
  id: string;
  type: EventType;
  aggregate_id: string;
  payload: unknown;
  occurred_at: Date | string;
}

/** Writes an event in the caller's transaction. One round trip. */
export async function appendEvent(tx: Sql, event: NewEvent): Promise<DomainEvent> {
  const { rows } = await insertEvent(event).execute(tx);
  return toEvent(rows[0] as OutboxRow);
}

export function toEvent(row: OutboxRow): DomainEvent {
  return {
    id: row.id,
    type: row.type,
    aggregateId: row.aggregate_id,
    occurredAt: new Date(row.occurred_at).toISOString(),
    payload: row.payload,
  } as DomainEvent;
}

/** Notes that events are on their queues. */
export async function markPublished(db: Sql, ids: string[]): Promise<void> {
  await sql`UPDATE queue.outbox SET published_at = now() WHERE id = ANY(${ids}::uuid[])`.execute(db);
}

/** Has the relay send an event of the caller's own once more, if there is one and it was sent a while ago. */
export async function republishEvent(db: Sql, aggregateId: string, type: EventType): Promise<void> {
  await sql`
    UPDATE queue.outbox SET published_at = NULL
    WHERE aggregate_id = ${aggregateId} AND type = ${type} AND published_at < now() - interval '3 minutes'`.execute(db);
}
