import type { Cache } from '../../lambdas/cache/cache.construct.ts';
import type { Database } from '../../lambdas/database/database.construct.ts';
import type { Queues } from '../../lambdas/queue/queue.construct.ts';
import type { Route } from '../../lambdas/shared/contract.ts';
import type { Network } from '../network/network.ts';
import type { Stage } from '../stage.ts';
import type { ServiceFunction } from './service-function.ts';

/** A service as the gateway sees it: its contract and the function that keeps it. */
export interface ApiService {
  readonly routes: Record<string, Route>;
  readonly api: ServiceFunction;
}

/** What every service and worker is built upon. */
export interface ServiceTier {
  readonly stage: Stage;
  /** On AWS only. */
  readonly network: Network | undefined;
  readonly database: Database;
  readonly cache: Cache;
  readonly queues: Queues;
}
