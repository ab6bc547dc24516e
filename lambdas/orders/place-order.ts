import { hashRequest, type IdempotencyClaim, type Replay, replay } from '../database/idempotency.ts';
import type { ReadYourWrites } from '../database/read-your-writes.ts';
import { newEvent } from '../queue/outbox.ts';
import type { PublishCommitted } from '../queue/publisher.ts';
import type { Clock } from '../shared/clock.ts';
import { uuidv7 } from '../shared/ids.ts';
import { invariant } from '../shared/invariant.ts';
import { money, multiplyMoney, sumMoney } from '../shared/money.ts';
import { commonProblems, Problem } from '../shared/problem.ts';
import { bySku, MAX_QUANTITY, mergeLines, type Order, type OrderLine, PAYMENT_WINDOW_MS } from './order.ts';
import { orderSnapshot } from './order-snapshot.ts';
import { orderProblems } from './orders.errors.ts';
import { orderEvents } from './orders.events.ts';
import { claimAndReserve, findStoredResponse, insertOrder, type ReservedLine } from './orders.repository.ts';

export interface PlaceOrderInput {
  userId: string;
  idempotencyKey: string;
  items: OrderLine[];
}

export interface OrderDependencies {
  data: ReadYourWrites;
  publish: PublishCommitted;
  clock: Clock;
}

export type PlacedOrder = { order: Order; replayed?: undefined } | { order?: undefined; replayed: Replay };

/**
 * Places an order and reserves its stock in four round trips: BEGIN, claim and reserve, store, COMMIT. A rejected order
 * is rolled back with its key, so that the client may retry with the same key when there is stock.
 *
 * @throws Problem OUT_OF_STOCK naming the product, MIXED_CURRENCIES, VALIDATION_FAILED for an unknown product,
 *   IDEMPOTENCY_KEY_REUSED
 */
export async function placeOrder(deps: OrderDependencies, input: PlaceOrderInput): Promise<PlacedOrder> {
  const lines = mergeLines(input.items);
  refuseTooMany(lines);
  const claim: IdempotencyClaim = {
    userId: input.userId,
    operation: 'place-order',
    key: input.idempotencyKey,
    requestHash: hashRequest(input.items),
  };
  const placed = await deps.data.transaction(input.userId, async (tx) => {
    const reserved = await claimAndReserve(tx, claim, lines);
    if (reserved.length === 0) return undefined;
    refuseUnreserved(reserved, input.items);
    invariant(reserved.length === lines.length, 'stock is reserved for every line', {
      wanted: lines.length,
      reserved: reserved.length,
    });
    const order = newOrder(reserved, deps.clock());
    const event = newEvent(orderEvents, 'order.placed', order.id, 1, orderSnapshot(order, input.userId));
    return { order, event: await insertOrder(tx, claim, order, event) };
  });
  if (!placed) return { replayed: await replayOf(deps, claim) };
  await deps.publish([placed.event]);
  return { order: placed.order };
}

async function replayOf(deps: OrderDependencies, claim: IdempotencyClaim): Promise<Replay> {
  // This request pinned the user, so the read goes to the writer.
  const stored = await deps.data.read(claim.userId, (db) => findStoredResponse(db, claim));
  if (!stored) throw new Problem(commonProblems.REQUEST_IN_PROGRESS, { retryAfterSeconds: 1 });
  return replay(claim, stored);
}

/** The contract limits the quantity of one line. This limits the sum over several lines of one product. */
function refuseTooMany(lines: OrderLine[]): void {
  if (lines.every(({ quantity }) => quantity <= MAX_QUANTITY)) return;
  const fields = [{ field: 'items', message: `may contain at most ${MAX_QUANTITY} of one product` }];
  throw new Problem(commonProblems.VALIDATION_FAILED, { fields });
}

function refuseUnreserved(lines: ReservedLine[], items: OrderLine[]): void {
  const unknown = lines.find((line) => line.outcome === 'unknown');
  if (unknown) {
    const index = items.findIndex((item) => item.productId.toLowerCase() === unknown.product_id);
    const fields = [{ field: `items[${index}].productId`, message: 'does not exist' }];
    throw new Problem(commonProblems.VALIDATION_FAILED, { fields });
  }
  const short = lines.find((line) => line.outcome === 'out_of_stock');
  if (short) {
    const detail = `There is not enough stock of ${short.name}.`;
    throw new Problem(orderProblems.OUT_OF_STOCK, { detail, extra: { productId: short.product_id, sku: short.sku } });
  }
  if (new Set(lines.map((line) => line.currency)).size > 1) {
    const fields = [{ field: 'items', message: 'have several currencies' }];
    throw new Problem(orderProblems.MIXED_CURRENCIES, { fields });
  }
}

function newOrder(lines: ReservedLine[], now: Date): Order {
  const items = lines
    .map((line) => {
      const unitPrice = money(line.price_minor, line.currency);
      const { product_id: productId, sku, name, quantity } = line;
      return { productId, sku, name, quantity, unitPrice, lineTotal: multiplyMoney(unitPrice, quantity) };
    })
    .sort(bySku);
  return {
    id: uuidv7(now),
    status: 'awaiting_payment',
    items,
    total: sumMoney(items.map((item) => item.lineTotal)),
    expiresAt: new Date(now.getTime() + PAYMENT_WINDOW_MS).toISOString(),
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
  };
}
