import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { systemClock } from '../../shared/clock.ts';
import { readEnv } from '../../shared/env.ts';
import { errorFields, logger } from '../../shared/logger.ts';
import { createSecretReader, type ReadSecret } from '../../shared/secrets.ts';
import { signWebhook } from '../webhook-signature.ts';

const DELIVERY_TIMEOUT_MS = 5_000;
const processor = new BatchProcessor(EventType.SQS);
const settings = () => readEnv({ INTERNAL_ORIGIN: z.url(), SANDBOX_WEBHOOK_SECRET_NAME: z.string().min(1) });
let readSecret: ReadSecret | undefined;

/** Delivers a signed webhook over HTTP. Any response but a 2xx is retried, as a real provider does. */
async function deliver(record: SQSRecord): Promise<void> {
  const { INTERNAL_ORIGIN, SANDBOX_WEBHOOK_SECRET_NAME } = settings();
  readSecret ??= createSecretReader(SANDBOX_WEBHOOK_SECRET_NAME);
  try {
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
    logger.info('webhook delivered', { messageId: record.messageId });
  } catch (error) {
    logger.warn('webhook not delivered', { messageId: record.messageId, ...errorFields(error) });
    throw error;
  }
}

export const handler = (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
  processPartialResponse(event, deliver, processor, { context, throwOnFullBatchFailure: false });
