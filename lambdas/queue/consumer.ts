import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { type EventOf, type EventSchemas, parseEvent } from '../shared/event.ts';
import { errorFields, logger } from '../shared/logger.ts';

/** Applies the effect of one event. If it throws, SQS redelivers the message, up to the queue's limit. */
export type Consume<S extends EventSchemas> = (event: EventOf<S>) => Promise<void>;

/**
 * Creates the Lambda handler of a worker. A failed record does not redeliver the rest of its batch.
 * @param schemas the events that are routed to its queue
 * @param create called once, at the first event, so that importing a handler opens no connection
 */
export function createConsumer<S extends EventSchemas>(schemas: S, create: () => Consume<S>) {
  const processor = new BatchProcessor(EventType.SQS);
  let consume: Consume<S> | undefined;

  const record = async (message: SQSRecord) => {
    const startedMs = performance.now();
    const fields = { messageId: message.messageId, receives: message.attributes.ApproximateReceiveCount };
    try {
      const event = parseEvent(schemas, message.body);
      consume ??= create();
      await consume(event);
      const durationMs = Math.round(performance.now() - startedMs);
      logger.info('event consumed', { ...fields, eventId: event.id, type: event.type, durationMs });
    } catch (error) {
      logger.error('event failed', { ...fields, ...errorFields(error) });
      throw error;
    }
  };

  return (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
    processPartialResponse(event, record, processor, {
      context,
      throwOnFullBatchFailure: false,
      // In sequence: the records share one connection, so one that waits for a lock could time out the others.
      processInParallel: false,
    });
}
