import { databaseFromEnv } from '../database/database.client.ts';
import { paymentEvents } from '../payments/payments.events.ts';
import { type Consume, createConsumer } from '../queue/consumer.ts';
import { createPublishCommitted, createSendEvent } from '../queue/publisher.ts';
import { settleOrder } from './settle-order.ts';

function createSettlement(): Consume<typeof paymentEvents> {
  const database = databaseFromEnv();
  const publish = createPublishCommitted(database, createSendEvent());
  return (event) => settleOrder(database, publish, event);
}

export const handler = createConsumer(paymentEvents, createSettlement);
