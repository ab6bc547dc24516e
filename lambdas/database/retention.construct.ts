import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { ServiceTier } from '../../lib/constructs/api-service.ts';
import { ScheduledJob } from '../../lib/constructs/scheduled-job.ts';

/** Forgets, once a day, what has served its time: old idempotency keys, ended sessions, events that cannot come again. */
export class Retention extends Construct {
  constructor(scope: Construct, id: string, { stage, network, database }: ServiceTier) {
    super(scope, id);
    const sweep = new ScheduledJob(this, 'Retention', {
      stage,
      network,
      name: 'retention',
      description: 'Deletes rows that have served their time',
      every: Duration.days(1),
    });
    database.connect(sweep.function, 'retention', 'background');
  }
}
