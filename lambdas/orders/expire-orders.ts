import type { Database } from '../database/database.client.ts';
import type { DomainEvent } from '../queue/events.ts';
import { appendEvent, newEvent } from '../queue/outbox.ts';
import type { PublishCommitted } from '../queue/publisher.ts';
import type { Clock } from '../shared/clock.ts';
import { orderFacts } from './order-events.ts';
import { lockOldestExpired, moveOrder, toOrder } from './orders.repository.ts';

/** A run ends before the function's timeout; what is left is for the next. */
const MAX_A_RUN = 500;

/**
 * Gives the stock of unpaid orders back when their time is over. Several may run at once: each takes other rows. One
 * order a transaction, so that stock is locked in the order that placing locks it in, and the two never deadlock.
 * @returns how many orders expired
 */
export async function expireOrders(database: Database, publish: PublishCommitted, clock: Clock): Promise<number> {
  for (let expired = 0; expired < MAX_A_RUN; expired++) {
    const event = await expireOldest(database, clock());
    if (!event) return expired;
    await publish([event]);
  }
  return MAX_A_RUN;
}

function expireOldest(database: Database, now: Date): Promise<DomainEvent | undefined> {
  return database.transaction(async (tx) => {
    const row = await lockOldestExpired(tx, now);
    if (!row) return undefined;
    const moved = await moveOrder(tx, row, 'expired', 'release');
    const facts = orderFacts(toOrder(moved), moved.user_id);
    return appendEvent(tx, newEvent('order.expired', moved.id, moved.version, facts));
  });
}
