import { defineService } from '../shared/service.ts';
import { healthRoutes } from './health.routes.ts';

/** Reports the state of each dependency. */
export const healthService = defineService({
  name: 'health',
  folder: 'health',
  routes: healthRoutes,
  database: {},
  cache: { keys: [], commands: [] },
  functions: {
    health: {
      kind: 'api',
      handler: 'health.handler.ts',
      description: 'The state of each dependency',
      database: true,
      cache: true,
      probes: ['order-events'],
      concurrency: 5,
    },
  },
});
