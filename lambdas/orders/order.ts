import * as z from 'zod';
import { MINUTE_MS } from '../shared/clock.ts';
import { moneySchema } from '../shared/money.ts';
import { timestampSchema, uuidSchema } from '../shared/text.ts';

export const ORDER_STATUSES = ['awaiting_payment', 'paid', 'fulfilled', 'cancelled', 'expired', 'refunded'] as const;
export const orderStatusSchema = z.enum(ORDER_STATUSES).meta({ id: 'OrderStatus' });
export type OrderStatus = z.output<typeof orderStatusSchema>;

/** How long the stock of an unpaid order is reserved. */
export const PAYMENT_WINDOW_MS = 30 * MINUTE_MS;
export const MAX_LINES = 50;
export const MAX_QUANTITY = 1_000;

/** The actions on an order and their transitions between statuses. A database trigger enforces the same table. */
const TRANSITIONS = {
  pay: { from: ['awaiting_payment'], to: 'paid' },
  cancel: { from: ['awaiting_payment'], to: 'cancelled' },
  expire: { from: ['awaiting_payment'], to: 'expired' },
  fulfil: { from: ['paid'], to: 'fulfilled' },
  refund: { from: ['paid', 'fulfilled'], to: 'refunded' },
} as const satisfies Record<string, { from: readonly OrderStatus[]; to: OrderStatus }>;
export type OrderAction = keyof typeof TRANSITIONS;

/** @returns the status that `action` leads to, or undefined when it is not allowed */
export function nextStatus(status: OrderStatus, action: OrderAction): OrderStatus | undefined {
  const { from, to } = TRANSITIONS[action];
  return (from as readonly OrderStatus[]).includes(status) ? to : undefined;
}

/** Whether some action leads from one status to another. A test compares this with the database's trigger. */
export const mayBecome = (from: OrderStatus, to: OrderStatus): boolean =>
  Object.values(TRANSITIONS).some((each) => each.to === to && (each.from as readonly OrderStatus[]).includes(from));

const orderItemSchema = z
  .object({
    productId: uuidSchema,
    sku: z.string(),
    name: z.string(),
    quantity: z.int().min(1),
    unitPrice: moneySchema,
    lineTotal: moneySchema,
  })
  .meta({ id: 'OrderItem' });

export const orderSchema = z
  .object({
    id: uuidSchema,
    status: orderStatusSchema,
    items: z.array(orderItemSchema),
    total: moneySchema,
    expiresAt: timestampSchema,
    createdAt: timestampSchema,
    updatedAt: timestampSchema,
  })
  .meta({ id: 'Order' });
export type Order = z.output<typeof orderSchema>;
export type OrderItem = Order['items'][number];

export const orderLineSchema = z
  .strictObject({ productId: uuidSchema, quantity: z.int().min(1).max(MAX_QUANTITY) })
  .meta({ id: 'OrderLine' });
export type OrderLine = z.output<typeof orderLineSchema>;

/** The order of an order's lines: by code unit, in the code and not in SQL, where the database's collation decides. */
export const bySku = (a: { sku: string }, b: { sku: string }): number => (a.sku < b.sku ? -1 : 1);

/** Merges lines into one per product. Quantities of the same product are added. */
export function mergeLines(lines: readonly OrderLine[]): OrderLine[] {
  const quantities = new Map<string, number>();
  for (const { productId, quantity } of lines) {
    const id = productId.toLowerCase();
    quantities.set(id, (quantities.get(id) ?? 0) + quantity);
  }
  return [...quantities].map(([productId, quantity]) => ({ productId, quantity }));
}
