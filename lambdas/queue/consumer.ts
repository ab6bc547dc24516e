import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { type EventOf, type EventSchemas, parseEvent } from '../shared/event.ts';
import { errorFields, logger } from '../shared/logger.ts';

/** Applies the effect of one event. It throws to have the message redelivered, and after enough attempts dead-lettered. */
export type Consume<S extends EventSchemas> = (event: EventOf<S>) => Promise<void>;

/**
 * The Lambda handler of a worker. Records fail alone: one bad message does not redeliver its batch.
 * @param schemas the events that its queue carries
 * @param create called once, at the first batch: importing a handler opens no connection
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
      // In sequence: the records share one connection, and one that waits for a lock must not time out the others.
      processInParallel: false,
    });
}
