import { defineService } from '../shared/service.ts';

/** A synthetic customer who places and cancels an order through the public name. */
export const syntheticService = defineService({
  name: 'synthetic',
  folder: 'synthetic',
  functions: {
    'synthetic-buyer': {
      kind: 'job',
      handler: 'synthetic-buyer.handler.ts',
      description: 'Places and cancels an order through the public name',
      runsOn: 'aws',
      everyMinutes: 5,
      // It calls the public name, as customers do.
      outsideNetwork: true,
    },
  },
});
