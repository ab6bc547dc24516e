import { defineService } from '../../shared/service.ts';
import { sandboxRoutes } from './sandbox.routes.ts';

/** A payment provider for test tokens. It takes the place of a real provider. */
export const sandboxService = defineService({
  name: 'sandbox',
  folder: 'payments/sandbox',
  routes: sandboxRoutes,
  database: { schema: 'sandbox' },
  queues: { 'sandbox-webhooks': {} },
  functions: {
    sandbox: {
      kind: 'api',
      handler: 'sandbox.handler.ts',
      description: 'The sandbox payment provider',
      database: true,
      sendsTo: ['sandbox-webhooks'],
    },
    'sandbox-webhooks': {
      kind: 'worker',
      handler: 'sandbox-webhooks.handler.ts',
      description: 'Delivers the signed webhooks of the sandbox provider',
      consumes: 'sandbox-webhooks',
    },
  },
});
