import { Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { ServiceFunction } from '../../lib/constructs/service-function.ts';
import { WorkQueue } from '../../lib/constructs/work-queue.ts';
import type { Stage } from '../../lib/stage.ts';
import { EVENTS, type EventType, QUEUES, type QueueName } from './events.ts';

export interface QueuesProps {
  stage: Stage;
}

export type AnyQueueName = QueueName | 'sandbox-webhooks' | 'bulk-jobs';

/** The queues of the house. */
export class Queues extends Construct {
  readonly #queues: Record<AnyQueueName, WorkQueue>;

  constructor(scope: Construct, id: string, { stage }: QueuesProps) {
    super(scope, id);
    const names: AnyQueueName[] = [...QUEUES, 'sandbox-webhooks', 'bulk-jobs'];
    this.#queues = Object.fromEntries(
      names.map((name) => [name, new WorkQueue(this, name, { stage, name })]),
    ) as Record<AnyQueueName, WorkQueue>;
  }

  /** Lets a function publish these events: it may send to the queues that hear of them and to no other. */
  grantPublish(fn: ServiceFunction, events: readonly EventType[]): void {
    this.grantSend(fn, [...new Set(events.flatMap((type): readonly QueueName[] => EVENTS[type].queues))]);
  }

  grantSend(fn: ServiceFunction, names: readonly AnyQueueName[]): void {
    for (const name of names) this.#queues[name].queue.grantSendMessages(fn.function);
    this.#tell(fn, names);
  }

  /** Lets a function look at a queue, not into it. */
  grantProbe(fn: ServiceFunction, name: AnyQueueName): void {
    this.#queues[name].queue.grant(fn.function, 'sqs:GetQueueAttributes');
    this.#tell(fn, [name]);
  }

  consume(name: AnyQueueName, worker: ServiceFunction): void {
    this.#queues[name].consumeWith(worker);
  }

  get all(): WorkQueue[] {
    return Object.values(this.#queues);
  }

  get alarms(): cloudwatch.Alarm[] {
    return this.all.flatMap((each) => each.alarms);
  }

  #tell(fn: ServiceFunction, names: readonly AnyQueueName[]): void {
    const urls = Object.fromEntries(names.map((name) => [name, this.#queues[name].queue.queueUrl]));
    fn.function.addEnvironment('QUEUE_URLS', Stack.of(fn).toJsonString(urls));
  }
}
