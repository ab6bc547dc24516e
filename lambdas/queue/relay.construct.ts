import { Construct } from 'constructs';
import type { ServiceTier } from '../../lib/constructs/api-service.ts';
import { ScheduledJob } from '../../lib/constructs/scheduled-job.ts';
import { EVENTS, type EventType } from './events.ts';

/** Publishes, once a minute, the events that a dying process left behind in the outbox. */
export class OutboxRelay extends Construct {
  constructor(scope: Construct, id: string, { stage, network, database, queues }: ServiceTier) {
    super(scope, id);
    const relay = new ScheduledJob(this, 'Relay', {
      stage,
      network,
      name: 'relay',
      description: 'Publishes events that were committed but not sent',
    });
    database.connect(relay.function, 'relay', 'background');
    queues.grantPublish(relay.function, Object.keys(EVENTS) as EventType[]);
  }
}
