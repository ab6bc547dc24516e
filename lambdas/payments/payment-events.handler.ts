import { databaseFromEnv } from '../database/database.client.ts';
import { type Consume, createConsumer } from '../queue/consumer.ts';
import { createPublishCommitted, createSendEvent } from '../queue/publisher.ts';
import { providerFromEnv } from './payments.settings.ts';
import { handlePaymentEvent } from './refund-payment.ts';

function createRefunds(): Consume {
  const database = databaseFromEnv();
  const provider = providerFromEnv();
  const publish = createPublishCommitted(database, createSendEvent());
  return (event) => handlePaymentEvent(database, provider, publish, event);
}

export const handler = createConsumer(createRefunds);
