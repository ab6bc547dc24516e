import type { Database, Sql } from '../database/database.client.ts';
import type { DomainEvent } from '../queue/events.ts';
import { appendEvent, newEvent, republishEvent } from '../queue/outbox.ts';
import type { PublishCommitted } from '../queue/publisher.ts';
import { count } from '../shared/metrics.ts';
import { nextStatus, type OrderAction } from './order.ts';
import { orderSnapshot } from './order-events.ts';
import { consumeOnce, lockOrder, moveOrder, type OrderRecord, toOrder } from './orders.repository.ts';

/** What payments tell. Each event takes effect once: its id is recorded in the transaction of the effect. */
export async function settleOrder(database: Database, publish: PublishCommitted, event: DomainEvent): Promise<void> {
  if (event.type !== 'payment.captured' && event.type !== 'payment.refunded') return;
  const told = await database.transaction(async (tx) => {
    if (!(await consumeOnce(tx, event.id))) {
      count('EventDuplicate');
      // Told again, payments may not have heard what followed from it.
      if (event.type === 'payment.captured') await republishEvent(tx, event.payload.paymentId, 'order.capture_refused');
      return undefined;
    }
    const order = await lockOrder(tx, event.payload.orderId);
    if (!order) throw new Error(`Event ${event.id} tells of an order that does not exist.`);
    return event.type === 'payment.captured' ? capture(tx, order, event) : refund(tx, order, event);
  });
  if (told) await publish([told]);
}

/** A captured payment pays its order; one that comes too late (cancelled, expired) is refused, and payments give it back. */
async function capture(tx: Sql, order: OrderRecord, event: DomainEvent<'payment.captured'>): Promise<DomainEvent> {
  if (nextStatus(order.status, 'pay')) return move(tx, order, 'pay', 'order.paid');
  count('LateCapture');
  const { orderId, paymentId, userId } = event.payload;
  return appendEvent(tx, newEvent('order.capture_refused', paymentId, 1, { orderId, paymentId, userId }));
}

/** Only a refund of all of it changes the order. One that comes before its capture is taken after it: the message comes again. */
async function refund(
  tx: Sql,
  order: OrderRecord,
  event: DomainEvent<'payment.refunded'>,
): Promise<DomainEvent | undefined> {
  const whole = event.payload.refunded.amountMinor === event.payload.amount.amountMinor;
  if (whole && order.status === 'awaiting_payment')
    throw new Error(`Order ${order.id} has not heard of its capture yet.`);
  if (!whole || !nextStatus(order.status, 'refund')) return undefined;
  return move(tx, order, 'refund', 'order.refunded');
}

async function move(
  tx: Sql,
  row: OrderRecord,
  action: OrderAction,
  type: 'order.paid' | 'order.refunded',
): Promise<DomainEvent> {
  const status = nextStatus(row.status, action);
  if (!status) throw new Error(`Order ${row.id} cannot ${action} from ${row.status}.`);
  const moved = await moveOrder(tx, row, status, action === 'pay' ? 'consume' : 'keep');
  return appendEvent(tx, newEvent(type, moved.id, moved.version, orderSnapshot(toOrder(moved), moved.user_id)));
}
