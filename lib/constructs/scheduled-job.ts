import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { ServiceFunction, type ServiceFunctionProps } from './service-function.ts';

export interface ScheduledJobProps extends Omit<ServiceFunctionProps, 'scheduled'> {
  /** The stage's `jobIntervalMinutes` where none is given. */
  every?: Duration;
}

/** A function that runs at a steady rate. Lambda does not retry a failed run: the next run sees the same rows. */
export class ScheduledJob extends Construct {
  readonly function: ServiceFunction;

  constructor(scope: Construct, id: string, { every, ...props }: ScheduledJobProps) {
    super(scope, id);
    const scheduled = every ?? Duration.minutes(props.stage.jobIntervalMinutes);
    this.function = new ServiceFunction(this, 'Job', { ...props, scheduled });
    new events.Rule(this, 'Schedule', {
      schedule: events.Schedule.rate(scheduled),
      targets: [new targets.LambdaFunction(this.function.target, { retryAttempts: 0 })],
    });
  }
}
