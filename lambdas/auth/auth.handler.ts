import * as z from 'zod';
import { cacheFromEnv } from '../cache/cache.client.ts';
import { databaseFromEnv } from '../database/database.client.ts';
import { createPublishCommitted, createSendEvent } from '../queue/publisher.ts';
import { systemClock } from '../shared/clock.ts';
import type { Implementations } from '../shared/contract.ts';
import { decodeCursor, toPage } from '../shared/cursor.ts';
import { publicOrigin, readEnv } from '../shared/env.ts';
import { createApiHandler } from '../shared/http.ts';
import { commonProblems, Problem } from '../shared/problem.ts';
import { findUser, listOpenSessions, toSession, toUser } from './auth.repository.ts';
import { authRoutes } from './auth.routes.ts';
import { createKeySet, createKmsSigner } from './kms-keys.ts';
import { LoginLimits } from './login-limits.ts';
import { requestPasswordReset, resendVerification, resetPassword, verifyEmail } from './mail-tokens.ts';
import { endSession, logIn, refreshSession } from './sessions.ts';
import { signUp } from './sign-up.ts';

function implement(): Implementations<typeof authRoutes> {
  const keyIds = readEnv({ SIGNING_KEY_IDS: z.string().min(1) }).SIGNING_KEY_IDS.split(',');
  const database = databaseFromEnv();
  const cache = cacheFromEnv();
  const publish = createPublishCommitted(database, createSendEvent());
  const limits = new LoginLimits(cache, database);
  const keys = createKeySet(keyIds);
  const signer = createKmsSigner(keyIds[0] as string);
  const deps = { database, cache, signer, issuer: publicOrigin(), clock: systemClock };

  return {
    signUp: async ({ body }) => ({ status: 201, body: { user: await signUp(database, publish, body) } }),
    logIn: async ({ body, clientAddress, userAgent }) => ({
      status: 200,
      body: await logIn(deps, limits, { ...body, address: clientAddress, userAgent }),
    }),
    refresh: async ({ body }) => ({ status: 200, body: await refreshSession(deps, body.refreshToken) }),
    logOut: async ({ principal }) => {
      await endSession(deps, principal, principal.sessionId);
      return { status: 204 };
    },
    me: async ({ principal }) => {
      // Reads the writer, because a new user calls this right after sign-up. The primary key lookup is cheap.
      const user = await database.write((db) => findUser(db, principal.userId));
      if (!user) throw new Problem(commonProblems.UNAUTHENTICATED);
      return { status: 200, body: { user: toUser(user) } };
    },
    listSessions: async ({ principal, query }) => {
      const after = decodeCursor(query.cursor);
      const rows = await database.write((db) => listOpenSessions(db, principal.userId, after, query.limit));
      return { status: 200, body: toPage(rows, query.limit, (row) => toSession(row, principal.sessionId)) };
    },
    endSession: async ({ principal, params }) => {
      await endSession(deps, principal, params.id);
      return { status: 204 };
    },
    verifyEmail: async ({ body }) => {
      await verifyEmail(database, body.token);
      return { status: 204 };
    },
    resendVerification: async ({ principal }) => {
      await resendVerification(database, publish, principal.userId);
      return { status: 202 };
    },
    requestPasswordReset: async ({ body }) => {
      await limits.checkReset(body.email);
      await requestPasswordReset(database, publish, body.email);
      return { status: 202 };
    },
    resetPassword: async ({ body }) => {
      await resetPassword(database, cache, body.token, body.newPassword);
      return { status: 204 };
    },
    jwks: async () => ({ status: 200, headers: { 'cache-control': 'public, max-age=300' }, body: await keys() }),
  };
}

export const handler = createApiHandler({ routes: authRoutes, implement, allowedOrigin: publicOrigin });
