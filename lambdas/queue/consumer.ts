import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { readEnv } from '../shared/env.ts';
import { type EventOf, type EventSchemas, parseEvent } from '../shared/event.ts';
import { errorFields, logger } from '../shared/logger.ts';
import { redeliveryDelaySeconds } from './redelivery.ts';
import { createSqsClient } from './sqs-client.ts';

/** Applies the effect of one event. It throws to have the message redelivered, and after enough attempts dead-lettered. */
export type Consume<S extends EventSchemas> = (event: EventOf<S>) => Promise<void>;

/** Handles one message. @returns fields for the log line of a message that succeeded */
export type HandleMessage = (message: SQSRecord) => Promise<Record<string, unknown>>;

/** What the handling of one message may take, and the time to report it. */
const NEEDED_MS = 8_000;
/** Longest that a dead SQS can hold a batch. */
const BACKOFF_TIMEOUT_MS = 1_000;

/** The Lambda handler of a queue's worker. Messages fail alone: one bad message does not redeliver its batch. */
export function createMessageHandler(handle: HandleMessage) {
  const processor = new BatchProcessor(EventType.SQS);

  const record = async (message: SQSRecord, context?: Context) => {
    const startedMs = performance.now();
    const receives = Number(message.attributes.ApproximateReceiveCount);
    const fields = { messageId: message.messageId, receives };
    try {
      // A batch that a dead dependency holds up must not run into the timeout, which would redeliver all of it at once.
      if (context && context.getRemainingTimeInMillis() < NEEDED_MS) throw new Error('The batch has run out of time.');
      const done = await handle(message);
      logger.info('message consumed', { ...fields, ...done, durationMs: Math.round(performance.now() - startedMs) });
    } catch (error) {
      const retryInSeconds = redeliveryDelaySeconds(receives);
      logger.error('message failed', { ...fields, retryInSeconds, ...errorFields(error) });
      await delayRedelivery(message, retryInSeconds);
      throw error;
    }
  };

  return (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
    processPartialResponse(event, record, processor, {
      context,
      throwOnFullBatchFailure: false,
      // In sequence: the records share one connection, and one that waits for a lock must not time out the others.
      processInParallel: false,
    });
}

/**
 * The worker of a queue that carries events.
 * @param schemas the events that its queue carries
 * @param create called once, at the first message: importing a handler opens no connection
 */
export function createConsumer<S extends EventSchemas>(schemas: S, create: () => Consume<S>) {
  let consume: Consume<S> | undefined;
  return createMessageHandler(async (message) => {
    const event = parseEvent(schemas, message.body);
    consume ??= create();
    await consume(event);
    return { eventId: event.id, type: event.type };
  });
}

let client: Promise<SQSClient> | undefined;

/** Sets when SQS delivers the message again. Without an answer it does so after the queue's visibility timeout. */
async function delayRedelivery({ receiptHandle }: SQSRecord, VisibilityTimeout: number): Promise<void> {
  try {
    const { CONSUMED_QUEUE_URL } = readEnv({ CONSUMED_QUEUE_URL: z.url() });
    client ??= createSqsClient(2);
    const [sqs, { ChangeMessageVisibilityCommand }] = await Promise.all([client, import('@aws-sdk/client-sqs')]);
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: CONSUMED_QUEUE_URL,
      ReceiptHandle: receiptHandle,
      VisibilityTimeout,
    });
    await sqs.send(command, { abortSignal: AbortSignal.timeout(BACKOFF_TIMEOUT_MS) });
  } catch (error) {
    logger.warn('redelivery not delayed', errorFields(error));
  }
}
