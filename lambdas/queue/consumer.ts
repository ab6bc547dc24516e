import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { errorFields, logger } from '../shared/logger.ts';
import { type DomainEvent, parseEvent } from './events.ts';

/** Takes effect for one event. Throws to have the message delivered again, and after enough tries, dead-lettered. */
export type Consume = (event: DomainEvent) => Promise<void>;

/**
 * The Lambda handler of a queue's worker. Records fail alone: one bad message does not bring back its batch.
 * @param create called once, at the first batch: importing a handler opens no connection
 */
export function createConsumer(create: () => Consume) {
  const processor = new BatchProcessor(EventType.SQS);
  let consume: Consume | undefined;

  const record = async (message: SQSRecord) => {
    const startedMs = performance.now();
    const facts = { messageId: message.messageId, receives: message.attributes.ApproximateReceiveCount };
    try {
      const event = parseEvent(message.body);
      consume ??= create();
      await consume(event);
      const durationMs = Math.round(performance.now() - startedMs);
      logger.info('event', { ...facts, eventId: event.id, type: event.type, durationMs });
    } catch (error) {
      logger.error('event failed', { ...facts, ...errorFields(error) });
      throw error;
    }
  };

  return (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
    processPartialResponse(event, record, processor, {
      context,
      throwOnFullBatchFailure: false,
      // One after the other: they share one connection, and a record that waits for a lock must not time the others out.
      processInParallel: false,
    });
}
