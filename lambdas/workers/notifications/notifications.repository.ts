import { sql } from 'kysely';
import type { Sql } from '../../database/database.client.ts';
import type { Notification } from './notification.ts';

export interface NotificationRow {
  id: string;
  kind: string;
  title: string;
  order_id: string | null;
  read_at: Date | null;
  created_at: Date;
}

const NOTIFICATION = sql.raw('id, kind, title, order_id, read_at, created_at');

export const toNotification = (row: NotificationRow): Notification => ({
  id: row.id,
  kind: row.kind,
  title: row.title,
  orderId: row.order_id,
  readAt: row.read_at?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
});

export interface NewNotification {
  eventId: string;
  userId: string;
  kind: string;
  title: string;
  orderId: string | null;
}

/** The row also records that its event was consumed. @returns false when it already exists */
export async function insertNotification(
  db: Sql,
  { eventId, userId, kind, title, orderId }: NewNotification,
): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO notifications.notifications (event_id, user_id, kind, title, order_id)
    VALUES (${eventId}, ${userId}, ${kind}, ${title}, ${orderId}) ON CONFLICT (event_id) DO NOTHING RETURNING 1`.execute(
    db,
  );
  return rows.length > 0;
}

export async function listNotifications(db: Sql, userId: string, after: string | undefined, limit: number) {
  const { rows } = await sql<NotificationRow>`
    SELECT ${NOTIFICATION} FROM notifications.notifications
    WHERE user_id = ${userId} AND (${after ?? null}::uuid IS NULL OR id < ${after ?? null}) ORDER BY id DESC LIMIT ${limit + 1}`.execute(
    db,
  );
  return rows;
}

/** Keeps the time of the first read. @returns undefined when the user has no such notification */
export async function markRead(db: Sql, userId: string, id: string): Promise<NotificationRow | undefined> {
  const { rows } = await sql<NotificationRow>`
    UPDATE notifications.notifications SET read_at = coalesce(read_at, now())
    WHERE id = ${id} AND user_id = ${userId} RETURNING ${NOTIFICATION}`.execute(db);
  return rows[0];
}
