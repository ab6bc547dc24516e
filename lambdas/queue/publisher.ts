import type { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { Database } from '../database/database.client.ts';
import { readEnv, traceHeader } from '../shared/env.ts';
import { errorFields, logger } from '../shared/logger.ts';
import { type DomainEvent, EVENTS, type QueueName } from './events.ts';
import { markPublished } from './outbox.ts';

/** Puts an event on every queue that hears of it. */
export type SendEvent = (event: DomainEvent) => Promise<void>;

/** Publishes events that have just been committed. Never throws: what it cannot publish, the relay will. */
export type PublishCommitted = (events: DomainEvent[]) => Promise<void>;

/** Longest that a dead queue can hold a request. */
const SEND_TIMEOUT_MS = 1_000;

/** Puts a message on one queue. @throws when SQS does not take it in time */
export type EnqueueMessage = (queue: QueueName | 'sandbox-webhooks', body: string) => Promise<void>;

/** Sends to SQS, at the queue addresses that the environment names. The SDK loads at the first message, not at import. */
export function createQueueSender(): EnqueueMessage {
  const { QUEUE_URLS: urls } = readEnv({ QUEUE_URLS: queueUrlsSchema });
  let client: Promise<SQSClient> | undefined;
  return async (queue, MessageBody) => {
    client ??= import('@aws-sdk/client-sqs').then(({ SQSClient }) => new SQSClient({ maxAttempts: 2 }));
    const [sqs, { SendMessageCommand }] = await Promise.all([client, import('@aws-sdk/client-sqs')]);
    const trace = traceHeader();
    const command = new SendMessageCommand({
      QueueUrl: urlOf(urls, queue),
      MessageBody,
      ...(trace && { MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: trace } } }),
    });
    await sqs.send(command, { abortSignal: AbortSignal.timeout(SEND_TIMEOUT_MS) });
  };
}

/** Sends an event to all who hear of it, at the same time. */
export function createSendEvent(): SendEvent {
  const enqueue = createQueueSender();
  return async (event) => {
    const body = JSON.stringify(event);
    await Promise.all(EVENTS[event.type].queues.map((queue) => enqueue(queue, body)));
  };
}

/** Asks SQS for a queue. @throws when it does not answer in time */
export function createQueueProbe(queue: QueueName): () => Promise<void> {
  const { QUEUE_URLS: urls } = readEnv({ QUEUE_URLS: queueUrlsSchema });
  let client: SQSClient | undefined;
  return async () => {
    const { GetQueueAttributesCommand, SQSClient } = await import('@aws-sdk/client-sqs');
    client ??= new SQSClient({ maxAttempts: 1 });
    const command = new GetQueueAttributesCommand({ QueueUrl: urlOf(urls, queue), AttributeNames: ['QueueArn'] });
    await client.send(command, { abortSignal: AbortSignal.timeout(SEND_TIMEOUT_MS) });
  };
}

const queueUrlsSchema = z
  .string()
  .transform((text) => JSON.parse(text) as unknown)
  .pipe(z.record(z.string(), z.string()));

function urlOf(urls: Record<string, string>, queue: string): string {
  const url = urls[queue];
  if (!url) throw new Error(`QUEUE_URLS names no ${queue} queue: grant the function that queue in its construct.`);
  return url;
}

/** Publishes right after the commit and marks what went out; what fails stays for the relay. */
export function createPublishCommitted(database: Database, send: SendEvent): PublishCommitted {
  return async (events) => {
    if (events.length === 0) return;
    try {
      await Promise.all(events.map(send));
      await database.write((db) =>
        markPublished(
          db,
          events.map((event) => event.id),
        ),
      );
    } catch (error) {
      logger.warn('left for the relay', { eventIds: events.map((event) => event.id), ...errorFields(error) });
    }
  };
}
