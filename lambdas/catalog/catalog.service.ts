import { defineService } from '../shared/service.ts';
import { productEvents } from './catalog.events.ts';
import { catalogRoutes } from './catalog.routes.ts';

/** Products and their stock. */
export const catalogService = defineService({
  name: 'catalog',
  folder: 'catalog',
  routes: catalogRoutes,
  events: productEvents,
  database: { schema: 'catalog' },
  cache: {
    keys: ['{product:*', '{products:*'],
    commands: ['get', 'set', 'mget', 'del', 'eval', 'multi', 'exec'],
  },
  queues: {
    'catalogue-events': {
      events: ['product.changed', 'order.placed', 'order.paid', 'order.cancelled', 'order.expired'],
    },
  },
  functions: {
    catalog: {
      kind: 'api',
      handler: 'catalog.handler.ts',
      description: 'Products: list, read, create, change',
      database: true,
      cache: true,
      publishes: ['product.changed'],
    },
    'catalogue-events': {
      kind: 'worker',
      handler: 'catalog-events.handler.ts',
      description: 'Removes changed products from the cache',
      database: true,
      cache: true,
      consumes: 'catalogue-events',
    },
  },
});
