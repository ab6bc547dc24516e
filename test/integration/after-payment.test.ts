import { afterAll, describe, expect, test } from '@jest/globals';
import { cancelOrder } from '../../lambdas/orders/cancel-order.ts';
import { expireOrders } from '../../lambdas/orders/expire-orders.ts';
import { settleOrder } from '../../lambdas/orders/settle-order.ts';
import { payOrder } from '../../lambdas/payments/pay-order.ts';
import { handlePaymentEvent, requestRefund } from '../../lambdas/payments/refund-payment.ts';
import { makeUser } from '../support/factories.ts';
import { brokenInvariants } from '../support/invariants.ts';
import {
  closeAll,
  databases,
  eventOf,
  orderDeps,
  orders,
  pay,
  payer,
  paymentsOf,
  provider,
  publish,
  unpaidOrder,
} from '../support/payer.ts';
import { eventually, rows } from '../support/platform.ts';

afterAll(closeAll);

describe('after a payment', () => {
  test('a capture of another amount than the order’s total is refused, and nothing changes', async () => {
    const { userId, orderId } = await unpaidOrder();
    const { payment } = await pay(0, userId, orderId);
    const captured = await eventOf('payment.captured', payment.id);
    const forged = {
      ...captured,
      id: crypto.randomUUID(),
      payload: { ...captured.payload, amount: { amountMinor: 1, currency: 'EUR' as const } },
    };
    await expect(settleOrder(orders, publish, forged)).rejects.toThrow('the captured amount is the total of the order');
    expect(await rows('SELECT FROM orders.consumed_events WHERE event_id = $1', [forged.id])).toEqual([]);
  });

  test('payment.captured delivered three times pays the order once and consumes the stock once', async () => {
    const { userId, orderId, productId } = await unpaidOrder(10);
    const { payment } = await pay(0, userId, orderId);
    const captured = await eventOf('payment.captured', payment.id);
    await Promise.all([1, 2, 3].map(() => settleOrder(orders, publish, captured)));
    expect(await rows('SELECT status, version FROM orders.orders WHERE id = $1', [orderId])).toEqual([
      { status: 'paid', version: 2 },
    ]);
    expect(await rows('SELECT on_hand, reserved FROM catalog.stock WHERE product_id = $1', [productId])).toEqual([
      { on_hand: 9, reserved: 0 },
    ]);
  });

  test('a late capture of a cancelled order is refunded in full', async () => {
    const { userId, orderId } = await unpaidOrder();
    const charge: typeof provider.charge = async (request) => {
      await cancelOrder(orderDeps, userId, orderId);
      return provider.charge(request);
    };
    const { payment } = await payOrder(
      { ...payer, provider: { ...provider, charge } },
      {
        userId,
        orderId,
        idempotencyKey: crypto.randomUUID(),
        paymentMethod: { type: 'card', token: 'tok_approved' },
        requestId: 'r',
      },
    );
    await settleOrder(orders, publish, await eventOf('payment.captured', payment.id));
    const refused = await eventOf('order.capture_refused', payment.id);
    await Promise.all([1, 2].map(() => handlePaymentEvent(payer.database, provider, publish, refused)));
    const requested = await eventOf('refund.requested', payment.id);
    await Promise.all([1, 2].map(() => handlePaymentEvent(payer.database, provider, publish, requested)));
    await eventually(async () => (await paymentsOf(orderId))[0]?.status === 'refunded');
    expect(await rows('SELECT refunded_minor FROM sandbox.charges WHERE idempotency_key = $1', [payment.id])).toEqual([
      { refunded_minor: 1500 },
    ]);
    expect(await brokenInvariants()).toEqual({});
  });

  test('concurrent refunds never exceed the captured amount', async () => {
    const { userId, orderId } = await unpaidOrder();
    const { payment } = await pay(0, userId, orderId);
    const adminId = await makeUser();
    const refunds = await Promise.allSettled(
      databases.map((database) =>
        requestRefund(database, publish, {
          adminId,
          idempotencyKey: crypto.randomUUID(),
          paymentId: payment.id,
          amount: { amountMinor: 400, currency: 'EUR' },
        }),
      ),
    );
    expect(refunds.filter((each) => each.status === 'fulfilled')).toHaveLength(3);
    expect(await rows('SELECT refunded_minor FROM payments.payments WHERE id = $1', [payment.id])).toEqual([
      { refunded_minor: 1200 },
    ]);
  });

  test('an order that cannot expire does not block other orders', async () => {
    const [stuck, other] = [await unpaidOrder(), await unpaidOrder()];
    // Simulates a bug: less stock is reserved than the order needs.
    await rows('UPDATE catalog.stock SET reserved = 0 WHERE product_id = $1', [stuck.productId]);
    for (const [index, { orderId }] of [stuck, other].entries())
      await rows(`UPDATE orders.orders SET expires_at = now() - make_interval(secs => 20 - $2) WHERE id = $1`, [
        orderId,
        index,
      ]);
    await expect(expireOrders(orders, publish, () => new Date())).rejects.toMatchObject({
      constraint: 'stock_is_never_oversold',
    });
    expect(await rows('SELECT status FROM orders.orders WHERE id = $1', [other.orderId])).toEqual([
      { status: 'expired' },
    ]);
    await rows('UPDATE catalog.stock SET reserved = 1 WHERE product_id = $1', [stuck.productId]);
  });

  test('an unpaid order expires once and its stock is released once', async () => {
    const { orderId, productId } = await unpaidOrder();
    await rows(`UPDATE orders.orders SET expires_at = now() - interval '1 second' WHERE id = $1`, [orderId]);
    await Promise.all([1, 2, 3].map(() => expireOrders(orders, publish, () => new Date())));
    expect(await rows('SELECT status FROM orders.orders WHERE id = $1', [orderId])).toEqual([{ status: 'expired' }]);
    expect(await rows('SELECT reserved FROM catalog.stock WHERE product_id = $1', [productId])).toEqual([
      { reserved: 0 },
    ]);
  });
});
