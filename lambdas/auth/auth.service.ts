import { defineService } from '../shared/service.ts';
import { userEvents } from './auth.events.ts';
import { authRoutes } from './auth.routes.ts';

/** Accounts, sessions and tokens. */
export const authService = defineService({
  name: 'auth',
  folder: 'auth',
  routes: authRoutes,
  events: userEvents,
  database: { schema: 'auth' },
  cache: {
    keys: ['{revoked}:*', 'login:*'],
    commands: ['set', 'get', 'del', 'decr', 'eval', 'incr', 'pexpire', 'pttl'],
  },
  functions: {
    auth: {
      kind: 'api',
      handler: 'auth.handler.ts',
      description: 'Sign-up, log-in, sessions',
      database: true,
      cache: true,
      publishes: ['user.signed_up', 'user.verification_requested', 'user.password_reset_requested'],
      // Lambda allocates CPU in proportion to memory. Hashing a password needs a whole core.
      memoryMiB: 1769,
    },
    'make-admin': {
      kind: 'operation',
      handler: 'make-admin.handler.ts',
      description: 'Makes a verified account an administrator',
      database: true,
    },
  },
});
