import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { BACKGROUND_TIMEOUT, ServiceFunction, type ServiceFunctionProps } from './service-function.ts';

export interface ScheduledJobProps extends Omit<ServiceFunctionProps, 'timeout' | 'concurrency' | 'scheduled'> {
  /** The stage's `jobIntervalMinutes` where none is given. */
  every?: Duration;
}

/**
 * A function that looks, again and again, for what was left behind: one run at a time, at a steady rate. A run that fails is not tried again; the next one sees the same.
 */
export class ScheduledJob extends Construct {
  readonly function: ServiceFunction;

  constructor(scope: Construct, id: string, { every, ...props }: ScheduledJobProps) {
    super(scope, id);
    const scheduled = every ?? Duration.minutes(props.stage.jobIntervalMinutes);
    this.function = new ServiceFunction(this, 'ScheduledJob', {
      ...props,
      timeout: BACKGROUND_TIMEOUT,
      concurrency: 1,
      scheduled,
    });
    new events.Rule(this, 'Schedule', {
      schedule: events.Schedule.rate(scheduled),
      targets: [new targets.LambdaFunction(this.function.target, { retryAttempts: 0 })],
    });
  }
}
