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

/** Takes what a provider tells; the same telling twice is one effect. @throws Problem BAD_SIGNATURE */
export async function receiveWebhook(
  database: Database,
  provider: PaymentProvider,
  publish: PublishCommitted,
  input: WebhookInput,
): Promise<void> {
  const told = await provider.readWebhook(input.rawBody, input.signature, input.now);
  if (!told) return;
  const event = await database.transaction(async (tx) => {
    if (await recordProviderEvent(tx, provider.name, told.id)) return settlePayment(tx, told.paymentId, told.outcome);
    count('EventDuplicate');
    return undefined;
  });
  if (event) await publish([event]);
}
