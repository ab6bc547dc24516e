import { createHash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { databaseFromEnv } from '../../database/database.client.ts';
import { createQueueSender } from '../../queue/publisher.ts';
import type { Implementations } from '../../shared/contract.ts';
import { publicOrigin, readEnv } from '../../shared/env.ts';
import { createApiHandler } from '../../shared/http.ts';
import { commonProblems, Problem } from '../../shared/problem.ts';
import { createSecretReader } from '../../shared/secrets.ts';
import { challengePage } from './challenge-page.ts';
import { answerChallenge, refundOnce } from './sandbox.repository.ts';
import { sandboxRoutes } from './sandbox.routes.ts';
import { createCharge, retrieveOrVoidCharge, toCharge, type WebhookMessage, webhookOf } from './sandbox-charges.ts';

function implement(): Implementations<typeof sandboxRoutes> {
  const env = readEnv({ SANDBOX_API_KEY_NAME: z.string().min(1) });
  const apiKey = createSecretReader(env.SANDBOX_API_KEY_NAME);
  const database = databaseFromEnv();
  const enqueue = createQueueSender();
  const send = (message: WebhookMessage) => enqueue('sandbox-webhooks', JSON.stringify(message));
  const baseUrl = `${publicOrigin()}/api/sandbox-provider`;
  const authenticate = async (key: string | undefined) => {
    if (!isSame(key ?? '', await apiKey())) throw new Problem(commonProblems.UNAUTHENTICATED);
  };

  return {
    createCharge: async ({ headers, body }) => {
      await authenticate(headers['x-sandbox-key']);
      return { status: 200, body: await createCharge(database, send, baseUrl, body) };
    },
    retrieveOrVoidCharge: async ({ headers, params, body }) => {
      await authenticate(headers['x-sandbox-key']);
      return { status: 200, body: await retrieveOrVoidCharge(database, baseUrl, params.key, body.amount) };
    },
    createRefund: async ({ headers, body }) => {
      await authenticate(headers['x-sandbox-key']);
      const found = await database.transaction((tx) => refundOnce(tx, body.idempotencyKey, body.chargeId, body.amount));
      if (!found) throw new Problem(commonProblems.NOT_FOUND);
      return { status: 200, body: { status: 'succeeded' } };
    },
    showChallenge: async () => ({ status: 200, body: challengePage() }),
    answerChallenge: async ({ params, body }) => {
      const status = body.outcome === 'approve' ? 'succeeded' : 'declined';
      const row = await database.write((db) => answerChallenge(db, params.id, status));
      if (!row) throw new Problem(commonProblems.NOT_FOUND);
      const charge = toCharge(row, baseUrl);
      await send(webhookOf(charge));
      return { status: 200, body: charge };
    },
  };
}

/** Compares hashes in constant time, so that timing reveals neither length nor content. */
function isSame(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

export const handler = createApiHandler({ routes: sandboxRoutes, implement, allowedOrigin: publicOrigin });
