import type { EventPayload } from '../queue/events.ts';
import type { Order } from './order.ts';

/** What the house is told of an order. */
export const orderSnapshot = (order: Order, userId: string): EventPayload<'order.placed'> => ({
  orderId: order.id,
  userId,
  total: order.total,
  productIds: order.items.map((item) => item.productId),
  items: order.items.map(({ name, quantity, lineTotal }) => ({ name, quantity, lineTotal })),
});
