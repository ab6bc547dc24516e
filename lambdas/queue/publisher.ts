import type { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { Database } from '../database/database.client.ts';
import { jsonVariable, readEnv, traceHeader } from '../shared/env.ts';
import type { AnyEvent } from '../shared/event.ts';
import { errorFields, logger } from '../shared/logger.ts';
import { markPublished } from './outbox.ts';
import { createSqsClient } from './sqs-client.ts';

/** Sends an event to every queue that it is routed to. */
export type SendEvent = (event: AnyEvent) => Promise<void>;

/** Publishes events right after their commit. Never throws: the outbox relay publishes what this could not. */
export type PublishCommitted = (events: AnyEvent[]) => Promise<void>;

/** The longest that an unresponsive queue can delay a request. */
const SEND_TIMEOUT_MS = 1_000;

/** Sends a message to one queue. @throws if SQS does not accept it within `SEND_TIMEOUT_MS` */
export type EnqueueMessage = (queue: string, body: string) => Promise<void>;

/** Both variables are set by the construct that owns the queues (queue.construct.ts). */
const queueUrls = jsonVariable(z.record(z.string(), z.string()));
const eventRoutes = jsonVariable(z.record(z.string(), z.array(z.string())));

/** Sends to the queue URLs in the environment. The SDK is loaded at the first message, not at import. */
export function createQueueSender(): EnqueueMessage {
  const { QUEUE_URLS: urls } = readEnv({ QUEUE_URLS: queueUrls });
  let client: Promise<SQSClient> | undefined;
  return async (queue, MessageBody) => {
    client ??= createSqsClient(2);
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

/** The function that sends an event does not declare it. */
export class UnroutableEventError extends Error {
  override name = 'UnroutableEventError';
}

/**
 * SQS refuses a body with U+FFFE or U+FFFF. As escapes in JSON it carries them, and readers see the same text. JSON escapes
 * control characters and unpaired surrogates by itself.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export const sqsSafe = (json: string): string =>
  json.replace(/[\ufffe\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);

/** Sends an event to all its queues at the same time. @throws for an event type that the function may not publish */
export function createSendEvent(): SendEvent {
  const { EVENT_ROUTES: routes } = readEnv({ EVENT_ROUTES: eventRoutes });
  const enqueue = createQueueSender();
  return async (event) => {
    const queues = routes[event.type];
    if (!queues)
      throw new UnroutableEventError(
        `EVENT_ROUTES has no ${event.type}: add it to the function's publishes in its declaration.`,
      );
    const body = sqsSafe(JSON.stringify(event));
    await Promise.all(queues.map((queue) => enqueue(queue, body)));
  };
}

/** Gets a queue's attributes, to check that it responds. @throws if it does not within `SEND_TIMEOUT_MS` */
export function createQueueProbe(queue: string): () => Promise<void> {
  const { QUEUE_URLS: urls } = readEnv({ QUEUE_URLS: queueUrls });
  let client: Promise<SQSClient> | undefined;
  return async () => {
    client ??= createSqsClient(1);
    const [sqs, { GetQueueAttributesCommand }] = await Promise.all([client, import('@aws-sdk/client-sqs')]);
    const command = new GetQueueAttributesCommand({ QueueUrl: urlOf(urls, queue), AttributeNames: ['QueueArn'] });
    await sqs.send(command, { abortSignal: AbortSignal.timeout(SEND_TIMEOUT_MS) });
  };
}

function urlOf(urls: Record<string, string>, queue: string): string {
  const url = urls[queue];
  if (!url) throw new Error(`QUEUE_URLS has no ${queue}: add the queue to the function in its declaration.`);
  return url;
}

/** Publishes right after the commit and marks the events. If a send fails, the outbox relay publishes them instead. */
export function createPublishCommitted(database: Database, send: SendEvent): PublishCommitted {
  return async (events) => {
    if (events.length === 0) return;
    const ids = events.map((event) => event.id);
    try {
      await Promise.all(events.map(send));
      await database.write((db) => markPublished(db, ids));
    } catch (error) {
      logger.warn('not published, left to the outbox relay', { eventIds: ids, ...errorFields(error) });
    }
  };
}
