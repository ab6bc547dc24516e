import type { Database } from '../database/database.client.ts';
import type { DomainEvent } from '../queue/events.ts';
import { appendEvent, newEvent } from '../queue/outbox.ts';
import type { PublishCommitted } from '../queue/publisher.ts';
import type { Clock } from '../shared/clock.ts';
import { orderSnapshot } from './order-events.ts';
import { lockOldestExpired, moveOrder, toOrder } from './orders.repository.ts';

/** A run ends before the function's timeout; what is left is for the next. */
const MAX_A_RUN = 500;

/**
 * Gives the stock of unpaid orders back when their time is over. Several may run at once: each takes other rows. One
 * order a transaction, so that stock is locked in the order that placing locks it in, and the two never deadlock.
 * @returns how many orders expired
 * @throws the first failure, after all other orders had their turn
 */
export async function expireOrders(database: Database, publish: PublishCommitted, clock: Clock): Promise<number> {
  const failures = new Map<string, unknown>();
  let expired = 0;
  while (expired + failures.size < MAX_A_RUN) {
    const event = await expireOldest(database, clock(), failures);
    if (event === 'none') break;
    if (event === 'failed') continue;
    expired++;
    await publish([event]);
  }
  if (failures.size > 0) throw failures.values().next().value;
  return expired;
}

/** Expires the oldest order but for those that failed in this run. One that fails by itself is noted and stays. */
async function expireOldest(
  database: Database,
  now: Date,
  failures: Map<string, unknown>,
): Promise<DomainEvent | 'none' | 'failed'> {
  let id: string | undefined;
  try {
    return await database.transaction(async (tx) => {
      const row = await lockOldestExpired(tx, now, [...failures.keys()]);
      if (!row) return 'none';
      id = row.id;
      const moved = await moveOrder(tx, row, 'expired', 'release');
      const facts = orderSnapshot(toOrder(moved), moved.user_id);
      return appendEvent(tx, newEvent('order.expired', moved.id, moved.version, facts));
    });
  } catch (error) {
    if (!id) throw error;
    failures.set(id, error);
    return 'failed';
  }
}
