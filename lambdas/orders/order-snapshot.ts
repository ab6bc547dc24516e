import type * as z from 'zod';
import type { Order } from './order.ts';
import type { orderEvents } from './orders.events.ts';

/** The payload of the events about an order. */
export const orderSnapshot = (order: Order, userId: string): z.output<(typeof orderEvents)['order.placed']> => ({
  orderId: order.id,
  userId,
  total: order.total,
  productIds: order.items.map((item) => item.productId),
  items: order.items.map(({ name, quantity, lineTotal }) => ({ name, quantity, lineTotal })),
});
