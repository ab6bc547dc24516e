import { cacheFromEnv } from '../cache/cache.client.ts';
import { databaseFromEnv } from '../database/database.client.ts';
import { REPLAYED_HEADER } from '../database/idempotency.ts';
import { ReadYourWrites } from '../database/read-your-writes.ts';
import { createPublishCommitted, createSendEvent } from '../queue/publisher.ts';
import { systemClock } from '../shared/clock.ts';
import type { Implementations } from '../shared/contract.ts';
import { decodeCursor, toPage } from '../shared/cursor.ts';
import { publicOrigin } from '../shared/env.ts';
import { createApiHandler } from '../shared/http.ts';
import { commonProblems, Problem } from '../shared/problem.ts';
import { cancelOrder } from './cancel-order.ts';
import type { Order } from './order.ts';
import { findOrder, listOrders, toOrder } from './orders.repository.ts';
import { orderRoutes } from './orders.routes.ts';
import { placeOrder } from './place-order.ts';

function implement(): Implementations<typeof orderRoutes> {
  const database = databaseFromEnv();
  const data = new ReadYourWrites(database, cacheFromEnv());
  const deps = { data, publish: createPublishCommitted(database, createSendEvent()), clock: systemClock };

  return {
    placeOrder: async ({ principal, idempotencyKey, body }) => {
      const placed = await placeOrder(deps, { userId: principal.userId, idempotencyKey, items: body.items });
      if (placed.order) return { status: 201, body: { order: placed.order } };
      return { status: 201, headers: REPLAYED_HEADER, body: placed.replayed.body as { order: Order } };
    },
    listOrders: async ({ principal, query }) => {
      const after = decodeCursor(query.cursor);
      const rows = await data.read(principal.userId, (db) => listOrders(db, principal.userId, after, query.limit));
      return { status: 200, body: toPage(rows, query.limit, toOrder) };
    },
    getOrder: async ({ principal, params }) => {
      const row = await data.find(principal.userId, (db) => findOrder(db, params.id, principal.userId));
      if (!row) throw new Problem(commonProblems.NOT_FOUND);
      return { status: 200, body: { order: toOrder(row) } };
    },
    cancelOrder: async ({ principal, params }) => ({
      status: 200,
      body: { order: await cancelOrder(deps, principal.userId, params.id) },
    }),
  };
}

export const handler = createApiHandler({ routes: orderRoutes, implement, allowedOrigin: publicOrigin });
