import { defineService } from '../../shared/service.ts';

/** The outbox relay: publishes events that were committed but not sent. It may publish every event of every service. */
export const relayService = defineService({
  name: 'relay',
  folder: 'queue/relay',
  database: { reads: ['queue.outbox'] },
  functions: {
    relay: {
      kind: 'job',
      handler: 'relay.handler.ts',
      description: 'Publishes events that were committed but not sent',
      database: true,
      publishes: ['*'],
    },
  },
});
