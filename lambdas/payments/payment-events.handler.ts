import { databaseFromEnv } from '../database/database.client.ts';
import { orderEvents } from '../orders/orders.events.ts';
import { type Consume, createConsumer } from '../queue/consumer.ts';
import { createPublishCommitted, createSendEvent } from '../queue/publisher.ts';
import { paymentEvents } from './payments.events.ts';
import { providerFromEnv } from './payments.settings.ts';
import { handlePaymentEvent } from './refund-payment.ts';

const consumed = { ...orderEvents, ...paymentEvents };

function createRefunds(): Consume<typeof consumed> {
  const database = databaseFromEnv();
  const provider = providerFromEnv();
  const publish = createPublishCommitted(database, createSendEvent());
  return (event) => handlePaymentEvent(database, provider, publish, event);
}

export const handler = createConsumer(consumed, createRefunds);
