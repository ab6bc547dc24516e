import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type { ServiceTier } from '../../lib/constructs/api-service.ts';
import { ServiceFunction } from '../../lib/constructs/service-function.ts';
import { EVENTS, type EventType } from './events.ts';

/** Publishes, once a minute, the events that a dying process left behind in the outbox. */
export class OutboxRelay extends Construct {
  constructor(scope: Construct, id: string, { stage, network, database, queues }: ServiceTier) {
    super(scope, id);
    const relay = new ServiceFunction(this, 'Relay', {
      stage,
      network,
      name: 'relay',
      description: 'Publishes events that were committed but not sent',
      timeout: Duration.seconds(50),
      concurrency: 1,
    });
    database.connect(relay, 'relay');
    queues.grantPublish(relay, Object.keys(EVENTS) as EventType[]);
    new events.Rule(this, 'Sweep', {
      schedule: events.Schedule.rate(Duration.minutes(stage.sweepMinutes)),
      targets: [new targets.LambdaFunction(relay.target, { retryAttempts: 0 })],
    });
  }
}
