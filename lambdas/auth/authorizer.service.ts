import { defineService } from '../shared/service.ts';

/** The gateway's token check. Its cache user and its database role see revoked sessions and nothing else. */
export const authorizerService = defineService({
  name: 'authorizer',
  folder: 'auth',
  database: { reads: ['auth.revoked_sessions'] },
  cache: { keys: ['{revoked}:*'], commands: ['eval', 'exists', 'get', 'pttl', 'set', 'del'] },
  functions: {
    authorizer: {
      kind: 'authorizer',
      handler: 'authorizer.handler.ts',
      description: 'Verifies access tokens and looks up whether the session was revoked',
      database: true,
      cache: true,
    },
  },
});
