import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import * as z from 'zod';
import { cacheFromEnv } from '../cache/cache.client.ts';
import { systemClock } from '../shared/clock.ts';
import type { Principal } from '../shared/contract.ts';
import { readEnv } from '../shared/env.ts';
import { errorFields, logger } from '../shared/logger.ts';
import { count } from '../shared/metrics.ts';
import { verifyAccessToken } from './access-token.ts';
import { createKeySet, type PublicJwk } from './kms-keys.ts';
import { type ListRevoked, Revocations } from './revocation.ts';

interface Dependencies {
  keys: () => Promise<{ keys: PublicJwk[] }>;
  revocations: Revocations;
  issuer: string;
}

let dependencies: Dependencies | undefined;

function create(): Dependencies {
  const env = readEnv({ SIGNING_KEY_IDS: z.string().min(1), PUBLIC_ORIGIN: z.url() });
  const revocations = new Revocations(cacheFromEnv(), createListRevoked());
  return { keys: createKeySet(env.SIGNING_KEY_IDS.split(',')), revocations, issuer: env.PUBLIC_ORIGIN };
}

/** Most requests need no database, so the first that does loads its driver. */
function createListRevoked(): ListRevoked {
  let list: Promise<ListRevoked> | undefined;
  return async () => {
    list ??= import('./revoked-sessions.ts').then(({ listRevokedFromEnv }) => listRevokedFromEnv());
    return (await list)();
  };
}

/** API Gateway returns 401 only for this exact message. */
const UNAUTHORIZED = 'Unauthorized';

/**
 * The gateway's authorizer. It verifies the signature, then looks up whether the session is revoked. The cache usually
 * knows, and otherwise the database does. While neither responds, it throws, and the gateway responds with 503.
 */
export const handler = async (event: APIGatewayRequestAuthorizerEvent): Promise<APIGatewayAuthorizerResult> => {
  try {
    return await authorize(event);
  } catch (error) {
    // Lambda counts a rejected token as an error too. This counter, which a canary watches, does not.
    if (error instanceof Error && error.message !== UNAUTHORIZED) {
      count('UnhandledError');
      logger.error('token not checked', errorFields(error));
    }
    throw error;
  }
};

async function authorize(event: APIGatewayRequestAuthorizerEvent): Promise<APIGatewayAuthorizerResult> {
  dependencies ??= create();
  const principal = await authenticate(event, dependencies);
  if (!principal) reject();
  const revoked = await dependencies.revocations.isRevoked(principal.sessionId);
  logger.info('authorized', { userId: principal.userId, revoked });
  if (revoked) reject();
  return allow(event, principal);
}

/** Lambda counts every exception as an error. The metric lets the alarm on errors leave rejected tokens out. */
function reject(): never {
  count('TokenRejected');
  throw new Error(UNAUTHORIZED);
}

async function authenticate(event: APIGatewayRequestAuthorizerEvent, { keys, issuer }: Dependencies) {
  const header = Object.entries(event.headers ?? {}).find(([name]) => name.toLowerCase() === 'authorization')?.[1];
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header ?? '')?.[1];
  if (!token) return undefined;
  const keySet = await keys();
  try {
    return await verifyAccessToken(token, keySet, issuer, systemClock());
  } catch (error) {
    logger.info('token rejected', { reason: errorFields(error).errorMessage });
    return undefined;
  }
}

/** Allows every route of the stage. Each service checks the caller's role against its own contract. */
function allow(event: APIGatewayRequestAuthorizerEvent, principal: Principal): APIGatewayAuthorizerResult {
  const [arn, stage] = event.methodArn.split('/');
  return {
    principalId: principal.userId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: `${arn}/${stage}/*` }],
    },
    context: { ...principal },
  };
}
