import { cacheFromEnv } from '../cache/cache.client.ts';
import { databaseFromEnv } from '../database/database.client.ts';
import { REPLAYED_HEADER } from '../database/idempotency.ts';
import { ReadYourWrites } from '../database/read-your-writes.ts';
import { createPublishCommitted, createSendEvent } from '../queue/publisher.ts';
import { systemClock } from '../shared/clock.ts';
import type { Implementations } from '../shared/contract.ts';
import { publicOrigin } from '../shared/env.ts';
import { createApiHandler } from '../shared/http.ts';
import { commonProblems, Problem } from '../shared/problem.ts';
import { payOrder } from './pay-order.ts';
import { findPayment, toPayment } from './payments.repository.ts';
import { paymentRoutes } from './payments.routes.ts';
import { providerFromEnv } from './payments.settings.ts';
import { receiveWebhook } from './receive-webhook.ts';
import { requestRefund } from './refund-payment.ts';

const replayedHeader = (replayed: boolean) => (replayed ? REPLAYED_HEADER : undefined);

function implement(): Implementations<typeof paymentRoutes> {
  const database = databaseFromEnv();
  const data = new ReadYourWrites(database, cacheFromEnv());
  const publish = createPublishCommitted(database, createSendEvent());
  const provider = providerFromEnv();
  const deps = { database, data, publish, provider, clock: systemClock };

  return {
    payOrder: async ({ principal, idempotencyKey, body, requestId }) => {
      const { payment, replayed } = await payOrder(deps, {
        userId: principal.userId,
        idempotencyKey,
        requestId,
        ...body,
      });
      return { status: 201, headers: replayedHeader(replayed), body: { payment } };
    },
    getPayment: async ({ principal, params }) => {
      const row = await data.find(principal.userId, (db) => findPayment(db, params.id));
      if (row?.user_id !== principal.userId) throw new Problem(commonProblems.NOT_FOUND);
      return { status: 200, body: { payment: toPayment(row) } };
    },
    refundPayment: async ({ principal, idempotencyKey, params, body }) => {
      const input = { adminId: principal.userId, idempotencyKey, paymentId: params.id, ...body };
      const { refund, replayed } = await requestRefund(database, publish, input);
      return { status: 201, headers: replayedHeader(replayed), body: { refund } };
    },
    receiveWebhook: async ({ params, headers, rawBody }) => {
      if (params.provider !== provider.name) throw new Problem(commonProblems.NOT_FOUND);
      const signature = headers['throughline-signature'];
      await receiveWebhook(database, provider, publish, { rawBody, signature, now: systemClock() });
      return { status: 200, body: { received: true } };
    },
  };
}

export const handler = createApiHandler({ routes: paymentRoutes, implement, allowedOrigin: publicOrigin });
