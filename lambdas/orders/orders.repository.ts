import { sql } from 'kysely';
import type { Sql } from '../database/database.client.ts';
import type { IdempotencyClaim, StoredResponse } from '../database/idempotency.ts';
import { insertEvent, type NewEvent, type OutboxRow, toEvent } from '../queue/outbox.ts';
import { invariant } from '../shared/invariant.ts';
import { type Currency, money, multiplyMoney } from '../shared/money.ts';
import { bySku, type Order, type OrderItem, type OrderLine, type OrderStatus } from './order.ts';

export interface OrderRow {
  id: string;
  user_id: string;
  status: OrderStatus;
  total_minor: number;
  currency: Currency;
  version: number;
  expires_at: Date;
  created_at: Date;
  updated_at: Date;
}

interface ItemJson {
  productId: string;
  sku: string;
  name: string;
  quantity: number;
  unitPriceMinor: number;
}

const ORDER = sql.raw(
  'o.id, o.user_id, o.status, o.total_minor, o.currency, o.version, o.expires_at, o.created_at, o.updated_at',
);
const ITEMS = sql.raw(`(
  SELECT json_agg(json_build_object('productId', i.product_id, 'sku', i.sku, 'name', i.name, 'quantity', i.quantity,
                                    'unitPriceMinor', i.unit_price_minor))
  FROM orders.order_items i WHERE i.order_id = o.id) AS items`);

export type OrderRecord = OrderRow & { items: ItemJson[] };

export function toOrder(row: OrderRecord): Order {
  return {
    id: row.id,
    status: row.status,
    items: row.items.map((item) => toItem(item, row.currency)).sort(bySku),
    total: money(row.total_minor, row.currency),
    expiresAt: row.expires_at.toISOString(),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

function toItem({ productId, sku, name, quantity, unitPriceMinor }: ItemJson, currency: Currency): OrderItem {
  const unitPrice = money(unitPriceMinor, currency);
  return { productId, sku, name, quantity, unitPrice, lineTotal: multiplyMoney(unitPrice, quantity) };
}

export interface ReservedLine {
  product_id: string;
  quantity: number;
  sku: string;
  name: string;
  price_minor: number;
  currency: Currency;
  outcome: 'reserved' | 'out_of_stock' | 'unknown';
}

/**
 * Claims the Idempotency-Key and reserves the stock, in one round trip. Of two requests with the same key, the second
 * waits for the first to commit and then gets no lines.
 */
export async function claimAndReserve(tx: Sql, claim: IdempotencyClaim, lines: OrderLine[]): Promise<ReservedLine[]> {
  const { rows } = await sql<ReservedLine>`
    WITH claim AS (
      INSERT INTO orders.idempotency_keys (user_id, operation, key, request_hash)
      VALUES (${claim.userId}, ${claim.operation}, ${claim.key}, ${claim.requestHash})
      ON CONFLICT DO NOTHING RETURNING 1
    )
    SELECT line.* FROM claim CROSS JOIN LATERAL catalog.reserve_stock(${JSON.stringify(lines)}::jsonb) AS line`.execute(
    tx,
  );
  return rows;
}

/** Stores the order, its items, its event and the response to replay, in one round trip. */
export async function insertOrder(tx: Sql, claim: IdempotencyClaim, order: Order, event: NewEvent) {
  const items = order.items.map(({ lineTotal, unitPrice, ...item }) => ({
    ...item,
    unitPriceMinor: unitPrice.amountMinor,
  }));
  const { rows } = await sql<OutboxRow>`
    WITH o AS (
      INSERT INTO orders.orders (id, user_id, total_minor, currency, expires_at, created_at, updated_at)
      VALUES (${order.id}, ${claim.userId}, ${order.total.amountMinor}, ${order.total.currency}, ${order.expiresAt},
              ${order.createdAt}, ${order.updatedAt}) RETURNING id
    ), i AS (
      INSERT INTO orders.order_items (order_id, product_id, sku, name, quantity, unit_price_minor)
      SELECT o.id, l."productId", l.sku, l.name, l.quantity, l."unitPriceMinor" FROM o, jsonb_to_recordset(${JSON.stringify(items)}::jsonb)
        AS l("productId" uuid, sku text, name text, quantity integer, "unitPriceMinor" bigint)
    ), k AS (
      UPDATE orders.idempotency_keys SET status = 201, body = ${JSON.stringify({ order })}::jsonb
      WHERE user_id = ${claim.userId} AND operation = ${claim.operation} AND key = ${claim.key}
    ), e AS (${insertEvent(event)})
    SELECT * FROM e`.execute(tx);
  return toEvent(rows[0] as OutboxRow);
}

export async function findStoredResponse(db: Sql, claim: IdempotencyClaim): Promise<StoredResponse | undefined> {
  const { rows } = await sql<{ request_hash: Buffer; status: number | null; body: unknown }>`
    SELECT request_hash, status, body FROM orders.idempotency_keys
    WHERE user_id = ${claim.userId} AND operation = ${claim.operation} AND key = ${claim.key}`.execute(db);
  return rows[0] && { requestHash: rows[0].request_hash, status: rows[0].status, body: rows[0].body };
}

export async function findOrder(db: Sql, id: string, userId: string): Promise<OrderRecord | undefined> {
  const { rows } = await sql<OrderRecord>`
    SELECT ${ORDER}, ${ITEMS} FROM orders.orders o WHERE o.id = ${id} AND o.user_id = ${userId}`.execute(db);
  return rows[0];
}

/** Locks the order, so that concurrent changes wait. */
export async function lockOrder(tx: Sql, id: string): Promise<OrderRecord | undefined> {
  const { rows } = await sql<OrderRecord>`
    SELECT ${ORDER}, ${ITEMS} FROM orders.orders o WHERE o.id = ${id} FOR UPDATE`.execute(tx);
  return rows[0];
}

export async function listOrders(
  db: Sql,
  userId: string,
  after: string | undefined,
  limit: number,
): Promise<OrderRecord[]> {
  const { rows } = await sql<OrderRecord>`
    SELECT ${ORDER}, ${ITEMS} FROM orders.orders o
    WHERE o.user_id = ${userId} AND (${after ?? null}::uuid IS NULL OR o.id < ${after ?? null})
    ORDER BY o.id DESC LIMIT ${limit + 1}`.execute(db);
  return rows;
}

/** Changes the status of a locked order and then its stock, one round trip each. @returns the updated order */
export async function moveOrder(
  tx: Sql,
  order: OrderRecord,
  status: OrderStatus,
  stock: 'release' | 'consume' | 'keep',
) {
  const lines = JSON.stringify(order.items.map(({ productId, quantity }) => ({ productId, quantity })));
  const { rows } = await sql<OrderRecord>`
    UPDATE orders.orders o SET status = ${status} WHERE o.id = ${order.id} RETURNING ${ORDER}, ${ITEMS}`.execute(tx);
  if (stock === 'release') await sql`SELECT catalog.release_stock(${lines}::jsonb)`.execute(tx);
  if (stock === 'consume') await sql`SELECT catalog.consume_stock(${lines}::jsonb)`.execute(tx);
  const [moved] = rows;
  invariant(moved?.status === status, 'a locked order moves to the status that it is given', {
    orderId: order.id,
    status,
  });
  return moved;
}

/** Locks the oldest unpaid order that is past `expires_at`. Skips orders that another run has locked. */
export async function lockOldestExpired(
  tx: Sql,
  now: Date,
  except: readonly string[],
): Promise<OrderRecord | undefined> {
  const { rows } = await sql<OrderRecord>`
    SELECT ${ORDER}, ${ITEMS} FROM orders.orders o WHERE o.status = 'awaiting_payment' AND o.expires_at <= ${now}
      AND o.id <> ALL (${except}::uuid[])
    ORDER BY o.expires_at LIMIT 1 FOR UPDATE SKIP LOCKED`.execute(tx);
  return rows[0];
}

/** Records an event in the transaction of its effect. @returns false when it was already consumed */
export async function consumeOnce(tx: Sql, eventId: string): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO orders.consumed_events (event_id) VALUES (${eventId}) ON CONFLICT DO NOTHING RETURNING 1`.execute(tx);
  return rows.length > 0;
}
