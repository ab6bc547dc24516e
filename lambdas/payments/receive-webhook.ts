import type { Database } from '../database/database.client.ts';
import type { PublishCommitted } from '../queue/publisher.ts';
import { count } from '../shared/metrics.ts';
import type { PaymentProvider } from './payment-provider.ts';
import { recordProviderEvent } from './payments.repository.ts';
import { settlePayment } from './settle-payment.ts';

export interface WebhookInput {
  rawBody: string;
  signature: string | undefined;
  now: Date;
}

/** Receives a provider event. A redelivered event takes effect once. @throws Problem BAD_SIGNATURE */
export async function receiveWebhook(
  database: Database,
  provider: PaymentProvider,
  publish: PublishCommitted,
  input: WebhookInput,
): Promise<void> {
  const providerEvent = await provider.readWebhook(input.rawBody, input.signature, input.now);
  if (!providerEvent) return;
  const event = await database.transaction(async (tx) => {
    if (await recordProviderEvent(tx, provider.name, providerEvent.id)) {
      return settlePayment(tx, providerEvent.paymentId, providerEvent.outcome);
    }
    count('EventDuplicate');
    return undefined;
  });
  if (event) await publish([event]);
}
