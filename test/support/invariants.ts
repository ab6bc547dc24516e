import { rows } from './platform.ts';

/** What must hold at any moment. Each query returns the rows that violate the invariant. */
export const INVARIANTS: Record<string, string> = {
  'stock is never oversold': 'SELECT * FROM catalog.stock WHERE NOT (0 <= reserved AND reserved <= on_hand)',
  'reserved stock is equal to the quantities in unpaid orders': `
    SELECT s.product_id, s.reserved, coalesce(sum(i.quantity), 0) AS held FROM catalog.stock s
    LEFT JOIN (orders.order_items i JOIN orders.orders o ON o.id = i.order_id AND o.status = 'awaiting_payment')
      ON i.product_id = s.product_id
    GROUP BY s.product_id, s.reserved HAVING s.reserved <> coalesce(sum(i.quantity), 0)`,
  'an order has at most one captured payment': `
    SELECT order_id FROM payments.payments WHERE status IN ('captured', 'partially_refunded', 'refunded')
    GROUP BY order_id HAVING count(*) > 1`,
  'no more is refunded than was captured': 'SELECT * FROM payments.payments WHERE refunded_minor > amount_minor',
  'the provider charged every amount that we recorded as captured': `
    SELECT p.id FROM payments.payments p
    LEFT JOIN sandbox.charges c ON c.idempotency_key = p.id::text AND c.status = 'succeeded'
    WHERE p.status IN ('captured', 'partially_refunded', 'refunded')
      AND c.amount_minor IS DISTINCT FROM p.amount_minor`,
  'an order has one event for each of its versions': `
    SELECT o.id FROM orders.orders o WHERE o.version <>
      (SELECT count(*) FROM queue.outbox e WHERE e.aggregate_id = o.id AND e.type LIKE 'order.%')`,
  'a paid order has a captured payment': `
    SELECT id FROM orders.orders o WHERE status IN ('paid', 'fulfilled') AND NOT EXISTS
      (SELECT FROM payments.payments p
       WHERE p.order_id = o.id AND p.status IN ('captured', 'partially_refunded', 'refunded'))`,
  'a captured payment has paid its order, unless its event is not processed yet': `
    SELECT p.id FROM payments.payments p JOIN orders.orders o ON o.id = p.order_id
    WHERE p.status = 'captured' AND p.refunded_minor = 0 AND o.status NOT IN ('paid', 'fulfilled')
      AND NOT EXISTS (SELECT FROM queue.outbox e WHERE e.aggregate_id = p.id AND e.type = 'payment.captured'
        AND (e.published_at IS NULL OR e.published_at > now() - interval '5 minutes'))`,
  'a fully refunded payment has no refund in progress': `
    SELECT p.id FROM payments.payments p JOIN payments.refunds r ON r.payment_id = p.id AND r.status = 'processing'
    WHERE p.status = 'refunded'`,
  'a session has at most one live refresh token': `
    SELECT session_id FROM auth.refresh_tokens WHERE used_at IS NULL GROUP BY session_id HAVING count(*) > 1`,
};

/** @returns the names of the violated invariants, with the rows that violate them */
export async function brokenInvariants(
  ask: (query: string) => Promise<unknown[]> = rows,
): Promise<Record<string, unknown[]>> {
  const found = await Promise.all(
    Object.entries(INVARIANTS).map(async ([name, query]) => [name, await ask(query)] as const),
  );
  return Object.fromEntries(found.filter(([, broken]) => broken.length > 0));
}
