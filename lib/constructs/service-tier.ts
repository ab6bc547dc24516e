import type { Cache } from '../../lambdas/cache/cache.construct.ts';
import type { Database } from '../../lambdas/database/database.construct.ts';
import type { Queues } from '../../lambdas/queue/queue.construct.ts';
import type { Network } from '../network/network.ts';
import type { Stage } from '../stage.ts';

/** What every service is built upon. */
export interface ServiceTier {
  readonly stage: Stage;
  /** On AWS only. */
  readonly network: Network | undefined;
  readonly database: Database;
  readonly cache: Cache;
  readonly queues: Queues;
}
