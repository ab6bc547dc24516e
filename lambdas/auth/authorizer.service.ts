import { defineService } from '../shared/service.ts';

/** The gateway's token check. Its cache user may look up revoked sessions and do nothing else. */
export const authorizerService = defineService({
  name: 'authorizer',
  folder: 'auth',
  cache: { keys: ['revoked:*'], commands: ['exists'] },
  functions: {
    authorizer: {
      kind: 'authorizer',
      handler: 'authorizer.handler.ts',
      description: 'Verifies access tokens and looks up whether the session was revoked',
      cache: true,
    },
  },
});
