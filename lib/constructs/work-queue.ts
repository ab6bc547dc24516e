import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Stage } from '../stage.ts';
import { type ServiceFunction, WORKER_TIMEOUT } from './service-function.ts';

/** A message that failed this often is a dead letter: retries have had their chance. */
export const MAX_RECEIVES = 5;
/** Longer than this in the queue means that its worker does not keep up. */
const MAX_AGE = Duration.minutes(5);
const BATCH_SIZE = 10;

export interface WorkQueueProps {
  stage: Stage;
  name: string;
  /** Kept for people to read: a message may wait as long as the queue keeps it. */
  manual?: boolean;
}

/** A queue that loses nothing: always with a dead-letter queue, and alarms on both. Encrypted; TLS only. */
export class WorkQueue extends Construct {
  readonly queue: sqs.Queue;
  readonly deadLetters: sqs.Queue;
  readonly alarms: cloudwatch.Alarm[] = [];

  constructor(scope: Construct, id: string, { stage, name, manual = false }: WorkQueueProps) {
    super(scope, id);
    const shared = {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    };
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', {
      ...shared,
      redriveAllowPolicy: this.#onlyFrom(`throughline-${stage.name}-${name}`),
      queueName: `throughline-${stage.name}-${name}-dead`,
    });
    this.queue = new sqs.Queue(this, 'Queue', {
      ...shared,
      queueName: `throughline-${stage.name}-${name}`,
      // Lambda's own rule: six times the worker's timeout, so that a slow batch is not delivered twice.
      visibilityTimeout: Duration.seconds(WORKER_TIMEOUT.toSeconds() * 6),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES },
    });
    this.#alarm(
      'AnyDeadLetter',
      this.deadLetters.metricApproximateNumberOfMessagesVisible(),
      1,
      `${name}: a message failed ${MAX_RECEIVES} times`,
    );
    if (manual) {
      this.#alarm(
        'AnyMessage',
        this.queue.metricApproximateNumberOfMessagesVisible(),
        1,
        `${name}: something waits to be read`,
      );
      return;
    }
    this.#alarm(
      'TooOld',
      this.queue.metricApproximateAgeOfOldestMessage(),
      MAX_AGE.toSeconds(),
      `${name}: the worker does not keep up`,
    );
  }

  /** Has `worker` take this queue's messages, at most as many batches at once as the worker may run. */
  consumeWith(worker: ServiceFunction): void {
    worker.target.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: BATCH_SIZE,
        reportBatchItemFailures: true,
        maxConcurrency: worker.concurrency,
      }),
    );
  }

  /** By name: by reference each of the two queues would wait for the other. */
  #onlyFrom(queueName: string): sqs.RedriveAllowPolicy {
    const source = Stack.of(this).formatArn({ service: 'sqs', resource: queueName });
    return {
      sourceQueues: [sqs.Queue.fromQueueArn(this, 'Source', source)],
      redrivePermission: sqs.RedrivePermission.BY_QUEUE,
    };
  }

  #alarm(id: string, metric: cloudwatch.Metric, threshold: number, alarmDescription: string): void {
    const alarm = metric.with({ statistic: 'Maximum', period: Duration.minutes(1) }).createAlarm(this, id, {
      threshold,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      alarmDescription,
    });
    this.alarms.push(alarm);
  }
}
