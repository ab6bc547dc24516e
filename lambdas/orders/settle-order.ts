import type { Database, Sql } from '../database/database.client.ts';
import type { paymentEvents } from '../payments/payments.events.ts';
import { appendEvent, newEvent, republishEvent } from '../queue/outbox.ts';
import type { PublishCommitted } from '../queue/publisher.ts';
import type { AnyEvent, EventOf } from '../shared/event.ts';
import { invariant } from '../shared/invariant.ts';
import { count } from '../shared/metrics.ts';
import { nextStatus, type OrderAction } from './order.ts';
import { orderSnapshot } from './order-snapshot.ts';
import { orderEvents } from './orders.events.ts';
import { consumeOnce, lockOrder, moveOrder, type OrderRecord, toOrder } from './orders.repository.ts';

/** Consumes payment events. Each takes effect once: its id is recorded in the transaction of the effect. */
export async function settleOrder(
  database: Database,
  publish: PublishCommitted,
  event: EventOf<typeof paymentEvents>,
): Promise<void> {
  if (event.type !== 'payment.captured' && event.type !== 'payment.refunded') return;
  const resultingEvent = await database.transaction(async (tx) => {
    if (!(await consumeOnce(tx, event.id))) {
      count('EventDuplicate');
      // A redelivered capture can mean that payments did not receive the resulting event.
      if (event.type === 'payment.captured') await republishEvent(tx, event.payload.paymentId, 'order.capture_refused');
      return undefined;
    }
    const order = await lockOrder(tx, event.payload.orderId);
    if (!order) throw new Error(`Event ${event.id} refers to an order that does not exist.`);
    return event.type === 'payment.captured' ? capture(tx, order, event) : refund(tx, order, event);
  });
  if (resultingEvent) await publish([resultingEvent]);
}

/** A capture pays its order. A late capture (order cancelled or expired) is refused, so that payments refund it. */
async function capture(
  tx: Sql,
  order: OrderRecord,
  event: EventOf<typeof paymentEvents, 'payment.captured'>,
): Promise<AnyEvent> {
  const { amount } = event.payload;
  invariant(
    amount.amountMinor === order.total_minor && amount.currency === order.currency,
    'the captured amount is the total of the order',
    { orderId: order.id, amount, totalMinor: order.total_minor, currency: order.currency },
  );
  if (nextStatus(order.status, 'pay')) return move(tx, order, 'pay', 'order.paid');
  count('LateCapture');
  const { orderId, paymentId, userId } = event.payload;
  return appendEvent(tx, newEvent(orderEvents, 'order.capture_refused', paymentId, 1, { orderId, paymentId, userId }));
}

/** Only a full refund changes the order. One that arrives before its capture throws, so that SQS redelivers it. */
async function refund(
  tx: Sql,
  order: OrderRecord,
  event: EventOf<typeof paymentEvents, 'payment.refunded'>,
): Promise<AnyEvent | undefined> {
  const { amount, refunded } = event.payload;
  invariant(
    refunded.currency === amount.currency && refunded.amountMinor <= amount.amountMinor,
    'no more is refunded than was captured',
    { orderId: order.id, amount, refunded },
  );
  const isFullRefund = refunded.amountMinor === amount.amountMinor;
  if (isFullRefund && order.status === 'awaiting_payment') throw new Error(`Order ${order.id} is not captured yet.`);
  if (!isFullRefund || !nextStatus(order.status, 'refund')) return undefined;
  return move(tx, order, 'refund', 'order.refunded');
}

async function move(
  tx: Sql,
  row: OrderRecord,
  action: OrderAction,
  type: 'order.paid' | 'order.refunded',
): Promise<AnyEvent> {
  const status = nextStatus(row.status, action);
  if (!status) throw new Error(`Order ${row.id} cannot ${action} from ${row.status}.`);
  const moved = await moveOrder(tx, row, status, action === 'pay' ? 'consume' : 'keep');
  return appendEvent(
    tx,
    newEvent(orderEvents, type, moved.id, moved.version, orderSnapshot(toOrder(moved), moved.user_id)),
  );
}
