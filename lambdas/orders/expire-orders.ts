import type { Database } from '../database/database.client.ts';
import { appendEvent, newEvent } from '../queue/outbox.ts';
import type { PublishCommitted } from '../queue/publisher.ts';
import type { Clock } from '../shared/clock.ts';
import type { AnyEvent } from '../shared/event.ts';
import { orderSnapshot } from './order-snapshot.ts';
import { orderEvents } from './orders.events.ts';
import { lockOldestExpired, moveOrder, toOrder } from './orders.repository.ts';

/** Keeps a run shorter than the function's timeout. The next run takes the rest. */
const MAX_ORDERS_PER_RUN = 500;

/**
 * Expires unpaid orders and releases their stock. Concurrent runs take different rows. Each order has its own
 * transaction, which locks stock in the same sequence as placing an order, so that the two never deadlock.
 * @returns the number of orders that expired
 * @throws the first failure, after all other orders were processed
 */
export async function expireOrders(database: Database, publish: PublishCommitted, clock: Clock): Promise<number> {
  const failures = new Map<string, unknown>();
  let expired = 0;
  while (expired + failures.size < MAX_ORDERS_PER_RUN) {
    const event = await expireOldest(database, clock(), failures);
    if (event === 'none') break;
    if (event === 'failed') continue;
    expired++;
    await publish([event]);
  }
  if (failures.size > 0) throw failures.values().next().value;
  return expired;
}

/** Expires the oldest order that has not failed in this run. An order that fails is recorded and skipped. */
async function expireOldest(
  database: Database,
  now: Date,
  failures: Map<string, unknown>,
): Promise<AnyEvent | 'none' | 'failed'> {
  let id: string | undefined;
  try {
    return await database.transaction(async (tx) => {
      const row = await lockOldestExpired(tx, now, [...failures.keys()]);
      if (!row) return 'none';
      id = row.id;
      const moved = await moveOrder(tx, row, 'expired', 'release');
      const snapshot = orderSnapshot(toOrder(moved), moved.user_id);
      return appendEvent(tx, newEvent(orderEvents, 'order.expired', moved.id, moved.version, snapshot));
    });
  } catch (error) {
    if (!id) throw error;
    failures.set(id, error);
    return 'failed';
  }
}
