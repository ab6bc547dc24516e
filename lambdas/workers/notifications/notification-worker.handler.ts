import { databaseFromEnv } from '../../database/database.client.ts';
import { type Consume, createConsumer } from '../../queue/consumer.ts';
import { count } from '../../shared/metrics.ts';
import { notifiableEvents, titleOf } from './notification.ts';
import { insertNotification } from './notifications.repository.ts';

function createNotificationConsumer(): Consume<typeof notifiableEvents> {
  const database = databaseFromEnv();
  return async (event) => {
    const title = titleOf(event);
    if (!title) return;
    const { userId, orderId } = event.payload as { userId: string; orderId: string };
    const inserted = await database.write((db) =>
      insertNotification(db, { eventId: event.id, userId, kind: event.type, title, orderId }),
    );
    if (!inserted) count('EventDuplicate');
  };
}

export const handler = createConsumer(notifiableEvents, createNotificationConsumer);
