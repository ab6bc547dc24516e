import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { MAX_RECEIVES } from '../../lambdas/queue/redelivery.ts';
import { describeAlarm, type RunbookSection } from '../monitoring/runbook.ts';
import type { Stage } from '../stage.ts';
import { type ServiceFunction, WORKER_TIMEOUT } from './service-function.ts';

/** An older message means that the worker does not keep up. */
const MAX_AGE = Duration.minutes(5);
const BATCH_SIZE = 10;

export interface WorkQueueProps {
  stage: Stage;
  name: string;
  /** Engineers read it by hand, so a message may wait for the whole retention period. */
  manual?: boolean;
}

/** An encrypted queue, TLS only. It loses no message: it has a dead-letter queue, and alarms on both. */
export class WorkQueue extends Construct {
  readonly queue: sqs.Queue;
  readonly deadLetters: sqs.Queue;
  readonly alarms: cloudwatch.Alarm[] = [];
  readonly #stage: Stage;

  constructor(scope: Construct, id: string, { stage, name, manual = false }: WorkQueueProps) {
    super(scope, id);
    this.#stage = stage;
    const shared = {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      // The outbox has every event, and a retained queue would keep its name from the next deployment.
      removalPolicy: RemovalPolicy.DESTROY,
    };
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', {
      ...shared,
      redriveAllowPolicy: this.#onlyFrom(`${stage.regionalName}-${name}`),
      queueName: `${stage.regionalName}-${name}-dead`,
    });
    this.queue = new sqs.Queue(this, 'Queue', {
      ...shared,
      queueName: `${stage.regionalName}-${name}`,
      // AWS recommends six times the worker's timeout, so that a slow batch is not delivered twice.
      visibilityTimeout: Duration.seconds(WORKER_TIMEOUT.toSeconds() * 6),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES },
    });
    this.#alarm(
      'AnyDeadLetter',
      this.deadLetters.metricApproximateNumberOfMessagesVisible(),
      1,
      `${name}: a message failed ${MAX_RECEIVES} times and is a dead letter.`,
      'dead-letters',
    );
    if (manual) {
      this.#alarm(
        'AnyMessage',
        this.queue.metricApproximateNumberOfMessagesVisible(),
        1,
        `${name}: a mail was not delivered, and its message waits to be read.`,
        'undelivered-mail',
      );
      return;
    }
    this.#alarm(
      'TooOld',
      this.queue.metricApproximateAgeOfOldestMessage(),
      MAX_AGE.toSeconds(),
      `${name}: a message is ${MAX_AGE.toMinutes()} minutes old, so the worker does not keep up.`,
      'old-messages',
    );
  }

  /** Lets `worker` consume this queue, with at most as many concurrent batches as its concurrency limit. */
  consumeWith(worker: ServiceFunction): void {
    worker.target.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: BATCH_SIZE,
        reportBatchItemFailures: true,
        maxConcurrency: worker.concurrency,
      }),
    );
  }

  /** Uses the queue's name, since a reference would create a dependency cycle between the two queues. */
  #onlyFrom(queueName: string): sqs.RedriveAllowPolicy {
    const source = Stack.of(this).formatArn({ service: 'sqs', resource: queueName });
    return {
      sourceQueues: [sqs.Queue.fromQueueArn(this, 'Source', source)],
      redrivePermission: sqs.RedrivePermission.BY_QUEUE,
    };
  }

  #alarm(id: string, metric: cloudwatch.Metric, threshold: number, text: string, section: RunbookSection): void {
    const alarm = metric.with({ statistic: 'Maximum', period: Duration.minutes(1) }).createAlarm(this, id, {
      threshold,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      alarmDescription: describeAlarm(this.#stage.aws, text, section),
    });
    this.alarms.push(alarm);
  }
}
