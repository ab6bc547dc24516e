import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { createMessageHandler } from '../../queue/consumer.ts';
import { systemClock } from '../../shared/clock.ts';
import { readEnv } from '../../shared/env.ts';
import { createSecretReader, type ReadSecret } from '../../shared/secrets.ts';
import { signWebhook } from '../webhook-signature.ts';

const DELIVERY_TIMEOUT_MS = 5_000;
const settings = () => readEnv({ INTERNAL_ORIGIN: z.url(), SANDBOX_WEBHOOK_SECRET_NAME: z.string().min(1) });
let readSecret: ReadSecret | undefined;

/** Delivers a signed webhook over HTTP. Any response but a 2xx is retried, as a real provider does. */
async function deliver(record: SQSRecord): Promise<Record<string, unknown>> {
  const { INTERNAL_ORIGIN, SANDBOX_WEBHOOK_SECRET_NAME } = settings();
  readSecret ??= createSecretReader(SANDBOX_WEBHOOK_SECRET_NAME);
  const secret = await readSecret();
  const response = await fetch(`${INTERNAL_ORIGIN}/api/payments/webhooks/sandbox`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'throughline-signature': signWebhook(record.body, secret, systemClock()),
    },
    body: record.body,
    signal: AbortSignal.timeout(DELIVERY_TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`The webhook endpoint returned ${response.status}.`);
  return { webhook: 'delivered' };
}

export const handler = createMessageHandler(deliver);
