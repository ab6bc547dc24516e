import { appendEvent, newEvent } from '../queue/outbox.ts';
import { commonProblems, Problem } from '../shared/problem.ts';
import { nextStatus, type Order } from './order.ts';
import { orderSnapshot } from './order-snapshot.ts';
import { orderProblems } from './orders.errors.ts';
import { orderEvents } from './orders.events.ts';
import { lockOrder, moveOrder, toOrder } from './orders.repository.ts';
import type { OrderDependencies } from './place-order.ts';

/**
 * Cancels an unpaid order and releases its stock. Cancelling again returns the cancelled order.
 * A payment that is captured at the same time finds the order cancelled. The event makes payments refund it.
 * @throws Problem NOT_FOUND (also for another user's order), ORDER_NOT_CANCELLABLE
 */
export async function cancelOrder(deps: OrderDependencies, userId: string, orderId: string): Promise<Order> {
  const { order, event } = await deps.data.transaction(userId, async (tx) => {
    const row = await lockOrder(tx, orderId);
    if (!row || row.user_id !== userId) throw new Problem(commonProblems.NOT_FOUND);
    if (row.status === 'cancelled') return { order: toOrder(row), event: undefined };
    const status = nextStatus(row.status, 'cancel');
    if (!status) throw new Problem(orderProblems.ORDER_NOT_CANCELLABLE, { extra: { orderStatus: row.status } });
    const moved = await moveOrder(tx, row, status, 'release');
    const order = toOrder(moved);
    const event = newEvent(orderEvents, 'order.cancelled', order.id, moved.version, orderSnapshot(order, userId));
    return { order, event: await appendEvent(tx, event) };
  });
  if (event) await deps.publish([event]);
  return order;
}
