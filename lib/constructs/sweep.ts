import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { PATIENT_TIMEOUT, ServiceFunction, type ServiceFunctionProps } from './service-function.ts';

export interface SweepProps extends Omit<ServiceFunctionProps, 'timeout' | 'concurrency' | 'scheduled'> {
  /** The stage's `sweepMinutes` where none is given. */
  every?: Duration;
}

/**
 * A function that looks, again and again, for what was left behind: one run at a time, at a steady rate. A run that fails is not tried again; the next one sees the same.
 */
export class Sweep extends Construct {
  readonly function: ServiceFunction;

  constructor(scope: Construct, id: string, { every, ...props }: SweepProps) {
    super(scope, id);
    const scheduled = every ?? Duration.minutes(props.stage.sweepMinutes);
    this.function = new ServiceFunction(this, 'Sweep', {
      ...props,
      timeout: PATIENT_TIMEOUT,
      concurrency: 1,
      scheduled,
    });
    new events.Rule(this, 'Schedule', {
      schedule: events.Schedule.rate(scheduled),
      targets: [new targets.LambdaFunction(this.function.target, { retryAttempts: 0 })],
    });
  }
}
