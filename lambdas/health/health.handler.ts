import { cacheFromEnv } from '../cache/cache.client.ts';
import { databaseFromEnv } from '../database/database.client.ts';
import { createQueueProbe } from '../queue/publisher.ts';
import type { Implementations } from '../shared/contract.ts';
import { publicOrigin } from '../shared/env.ts';
import { createApiHandler } from '../shared/http.ts';
import { checkHealth, type Probes } from './check-health.ts';
import { healthRoutes } from './health.routes.ts';

function implement(): Implementations<typeof healthRoutes> {
  const database = databaseFromEnv();
  const cache = cacheFromEnv();
  const probes: Probes = {
    writer: () => database.probe('writer'),
    reader: async () => {
      // The position may be a second old, so the replica is asked as well.
      await database.probe('reader');
      const { caughtUp, lagMs } = await database.replicaPosition();
      if (!caughtUp)
        throw new Error(`The replica is behind by more than ${lagMs ?? 'every sample'} ms; it is not read from.`);
    },
    cache: async () => {
      if ((await cache.attempt((valkey) => valkey.ping())) === undefined) throw new Error('The cache is unavailable.');
    },
    queue: createQueueProbe('order-events'),
  };
  return {
    health: async () => {
      const { status } = await checkHealth(probes);
      return { status: status === 'down' ? 503 : 200, body: { status } };
    },
    dependencies: async () => ({ status: 200, body: await checkHealth(probes) }),
  };
}

export const handler = createApiHandler({ routes: healthRoutes, implement, allowedOrigin: publicOrigin });
