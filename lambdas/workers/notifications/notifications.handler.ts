import { cacheFromEnv } from '../../cache/cache.client.ts';
import { databaseFromEnv } from '../../database/database.client.ts';
import { ReadYourWrites } from '../../database/read-your-writes.ts';
import type { Implementations } from '../../shared/contract.ts';
import { decodeCursor, toPage } from '../../shared/cursor.ts';
import { publicOrigin } from '../../shared/env.ts';
import { createApiHandler } from '../../shared/http.ts';
import { commonProblems, Problem } from '../../shared/problem.ts';
import { listNotifications, markRead, toNotification } from './notifications.repository.ts';
import { notificationRoutes } from './notifications.routes.ts';

function implement(): Implementations<typeof notificationRoutes> {
  const data = new ReadYourWrites(databaseFromEnv(), cacheFromEnv());
  return {
    listNotifications: async ({ principal, query }) => {
      const after = decodeCursor(query.cursor);
      const rows = await data.read(principal.userId, (db) =>
        listNotifications(db, principal.userId, after, query.limit),
      );
      return { status: 200, body: toPage(rows, query.limit, toNotification) };
    },
    readNotification: async ({ principal, params }) => {
      const row = await data.transaction(principal.userId, (tx) => markRead(tx, principal.userId, params.id));
      if (!row) throw new Problem(commonProblems.NOT_FOUND);
      return { status: 200, body: { notification: toNotification(row) } };
    },
  };
}

export const handler = createApiHandler({ routes: notificationRoutes, implement, allowedOrigin: publicOrigin });
