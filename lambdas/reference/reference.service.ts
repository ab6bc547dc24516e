import { defineService } from '../shared/service.ts';
import { referenceRoutes } from './reference.routes.ts';

/** Describes the API: the OpenAPI document, and a page of it. It needs neither the database nor the cache. */
export const referenceService = defineService({
  name: 'reference',
  folder: 'reference',
  routes: referenceRoutes,
  functions: {
    reference: {
      kind: 'api',
      handler: 'reference.handler.ts',
      description: 'The OpenAPI document and a page of it',
      concurrency: 5,
      startsCold: true,
    },
  },
});
