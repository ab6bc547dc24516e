import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { ServiceTier } from '../../lib/constructs/api-service.ts';
import { Sweep } from '../../lib/constructs/sweep.ts';

/** Forgets, once a day, what has served its time: old idempotency keys, ended sessions, events that cannot come again. */
export class Housekeeping extends Construct {
  constructor(scope: Construct, id: string, { stage, network, database }: ServiceTier) {
    super(scope, id);
    const sweep = new Sweep(this, 'Housekeeping', {
      stage,
      network,
      name: 'housekeeping',
      description: 'Deletes rows that have served their time',
      every: Duration.days(1),
    });
    database.connect(sweep.function, 'housekeeping', 'patient');
  }
}
