import { afterAll, describe, expect, test } from '@jest/globals';
import { ReadYourWrites } from '../../lambdas/database/read-your-writes.ts';
import { cancelOrder } from '../../lambdas/orders/cancel-order.ts';
import { expireOrders } from '../../lambdas/orders/expire-orders.ts';
import { placeOrder } from '../../lambdas/orders/place-order.ts';
import { settleOrder } from '../../lambdas/orders/settle-order.ts';
import { payOrder } from '../../lambdas/payments/pay-order.ts';
import { receiveWebhook } from '../../lambdas/payments/receive-webhook.ts';
import { handlePaymentEvent, requestRefund } from '../../lambdas/payments/refund-payment.ts';
import { createSandboxProvider } from '../../lambdas/payments/sandbox-adapter.ts';
import { signWebhook } from '../../lambdas/payments/webhook-signature.ts';
import type { DomainEvent } from '../../lambdas/queue/events.ts';
import { makeProduct, makeUser } from '../support/factories.ts';
import { brokenInvariants } from '../support/invariants.ts';
import { cacheAs, databaseAs, endpoints, eventually, rows, secrets } from '../support/platform.ts';

/** The sandbox provider as it is deployed, over HTTP. */
const provider = createSandboxProvider({
  baseUrl: `${endpoints.api}/sandbox-provider`,
  apiKey: secrets.sandboxApiKey,
  webhookSecret: secrets.sandboxWebhookSecret,
});
const databases = Array.from({ length: 10 }, () => databaseAs('payments'));
const orders = databaseAs('orders');
const cache = cacheAs('payments');
const ordersCache = cacheAs('orders');
const published: DomainEvent[] = [];
const publish = async (events: DomainEvent[]) => void published.push(...events);
const deps = databases.map((database) => ({
  database,
  data: new ReadYourWrites(database, cache),
  provider,
  publish,
  clock: () => new Date(),
}));
const first = deps[0] as (typeof deps)[number];
const orderDeps = { data: new ReadYourWrites(orders, ordersCache), publish, clock: () => new Date() };

afterAll(async () => {
  await Promise.all([...databases, orders].map((database) => database.close()));
  cache.close();
  ordersCache.close();
});

async function unpaidOrder(onHand = 10) {
  const [userId, productId] = [await makeUser(), await makeProduct(onHand)];
  const { order } = await placeOrder(orderDeps, {
    userId,
    idempotencyKey: crypto.randomUUID(),
    items: [{ productId, quantity: 1 }],
  });
  if (!order) throw new Error('The order was not placed.');
  return { userId, productId, orderId: order.id };
}

const pay = (
  index: number,
  userId: string,
  orderId: string,
  token = 'tok_approved',
  idempotencyKey: string = crypto.randomUUID(),
) =>
  payOrder(deps[index % deps.length] as (typeof deps)[number], {
    userId,
    idempotencyKey,
    orderId,
    paymentMethod: { type: 'card', token },
    requestId: 'r',
  });

const paymentsOf = (orderId: string) =>
  rows<{ id: string; status: string; version: number }>(
    'SELECT id, status, version FROM payments.payments WHERE order_id = $1 ORDER BY id',
    [orderId],
  );
const eventOf = (type: string, aggregateId: string) =>
  published.find((event) => event.type === type && event.aggregateId === aggregateId) as DomainEvent;

describe('paying an order', () => {
  test('50 times at once is one capture', async () => {
    const { userId, orderId } = await unpaidOrder();
    const results = await Promise.allSettled(Array.from({ length: 50 }, (_, index) => pay(index, userId, orderId)));
    expect(results.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
    const refusals = results.flatMap((each) => (each.status === 'rejected' ? [each.reason.kind?.status] : []));
    expect(new Set(refusals)).toEqual(new Set([409]));
    expect((await paymentsOf(orderId)).map((payment) => payment.status)).toEqual(['captured']);
    expect(
      await rows(
        `SELECT count(*)::int AS n FROM sandbox.charges c JOIN payments.payments p ON p.id::text = c.idempotency_key WHERE p.order_id = $1`,
        [orderId],
      ),
    ).toEqual([{ n: 1 }]);
  });

  test('with one key 20 times at once is one capture, one answer or "still running"', async () => {
    const { userId, orderId } = await unpaidOrder();
    const key = crypto.randomUUID();
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => pay(index, userId, orderId, 'tok_approved', key)),
    );
    const refusals = results.flatMap((each) => (each.status === 'rejected' ? [each.reason.kind?.code] : []));
    expect(refusals.every((code) => code === 'REQUEST_IN_PROGRESS')).toBe(true);
    const again = await pay(0, userId, orderId, 'tok_approved', key);
    expect(again).toMatchObject({ replayed: true, payment: { status: 'captured' } });
    expect(await paymentsOf(orderId)).toHaveLength(1);
  });

  test('with a declined card is refused, replayed as such, and leaves the order payable', async () => {
    const { userId, orderId } = await unpaidOrder();
    const key = crypto.randomUUID();
    const declined = { kind: { code: 'PAYMENT_DECLINED', status: 402 } };
    await expect(pay(0, userId, orderId, 'tok_declined', key)).rejects.toMatchObject(declined);
    await expect(pay(1, userId, orderId, 'tok_declined', key)).rejects.toMatchObject({
      ...declined,
      details: { headers: { 'idempotency-replayed': 'true' } },
    });
    expect((await pay(2, userId, orderId)).payment.status).toBe('captured');
  });

  test('of another user is not found', async () => {
    const { orderId } = await unpaidOrder();
    await expect(pay(0, await makeUser(), orderId)).rejects.toMatchObject({ kind: { code: 'ORDER_NOT_FOUND' } });
  });

  test('with a provider that charges and never answers ends captured, by its webhook', async () => {
    const { userId, orderId } = await unpaidOrder();
    const { payment } = await pay(0, userId, orderId, 'tok_timeout_after_charge');
    expect(['processing', 'captured']).toContain(payment.status);
    await eventually(async () => (await paymentsOf(orderId))[0]?.status === 'captured');
  });

  test('a process that died after the claim is resumed by a retry with the same key', async () => {
    const { userId, orderId } = await unpaidOrder();
    const key = crypto.randomUUID();
    const dying = { ...first, provider: { ...provider, charge: () => Promise.reject(new Error('the process died')) } };
    const input = {
      userId,
      orderId,
      idempotencyKey: key,
      paymentMethod: { type: 'card' as const, token: 'tok_approved' },
      requestId: 'r',
    };
    await expect(payOrder(dying, input)).rejects.toThrow('the process died');
    await expect(payOrder(first, input)).rejects.toMatchObject({ kind: { code: 'REQUEST_IN_PROGRESS' } });
    await rows(`UPDATE payments.idempotency_keys SET created_at = now() - interval '1 minute' WHERE key = $1`, [key]);
    expect((await payOrder(first, input)).payment.status).toBe('captured');
    expect(await paymentsOf(orderId)).toHaveLength(1);
  });

  test('a payment that was never charged does not block its order for ever', async () => {
    const { userId, orderId } = await unpaidOrder();
    const dying = { ...first, provider: { ...provider, charge: () => Promise.reject(new Error('the process died')) } };
    const input = {
      userId,
      orderId,
      idempotencyKey: crypto.randomUUID(),
      paymentMethod: { type: 'card' as const, token: 'tok_approved' },
      requestId: 'r',
    };
    await expect(payOrder(dying, input)).rejects.toThrow('the process died');
    await expect(pay(0, userId, orderId)).rejects.toMatchObject({ kind: { code: 'PAYMENT_IN_PROGRESS' } });
    await rows(`UPDATE payments.payments SET updated_at = now() - interval '1 minute' WHERE order_id = $1`, [orderId]);
    expect((await pay(0, userId, orderId)).payment.status).toBe('captured');
    expect((await paymentsOf(orderId)).map((each) => each.status)).toEqual(['declined', 'captured']);
  });
});

describe('a webhook', () => {
  test('told five times at once takes effect once', async () => {
    const { userId, orderId } = await unpaidOrder();
    const { payment } = await pay(0, userId, orderId, 'tok_requires_action');
    expect(payment).toMatchObject({ status: 'requires_action', nextAction: { type: 'redirect' } });
    const charge = {
      id: payment.nextAction?.url.split('/').at(-1),
      idempotencyKey: payment.id,
      status: 'succeeded',
      declineCode: null,
      actionUrl: null,
    };
    const rawBody = JSON.stringify({ id: `evt_${payment.id}`, type: 'charge.succeeded', charge });
    const input = {
      rawBody,
      signature: signWebhook(rawBody, secrets.sandboxWebhookSecret, new Date()),
      now: new Date(),
    };
    await rows(`UPDATE sandbox.charges SET status = 'succeeded' WHERE idempotency_key = $1`, [payment.id]);
    await Promise.all(databases.slice(0, 5).map((database) => receiveWebhook(database, provider, publish, input)));
    expect((await paymentsOf(orderId))[0]?.status).toBe('captured');
    expect(
      await rows(`SELECT count(*)::int AS n FROM queue.outbox WHERE aggregate_id = $1 AND type = 'payment.captured'`, [
        payment.id,
      ]),
    ).toEqual([{ n: 1 }]);
  });

  test('with another signature is refused', async () => {
    const rawBody = '{}';
    const input = {
      rawBody,
      signature: signWebhook(rawBody, 'a wrong secret of the provider', new Date()),
      now: new Date(),
    };
    await expect(receiveWebhook(first.database, provider, publish, input)).rejects.toMatchObject({
      kind: { code: 'BAD_SIGNATURE' },
    });
  });
});

describe('what follows a payment', () => {
  test('an event that comes three times pays its order once and consumes the stock once', async () => {
    const { userId, orderId, productId } = await unpaidOrder(10);
    const { payment } = await pay(0, userId, orderId);
    const captured = eventOf('payment.captured', payment.id);
    await Promise.all([1, 2, 3].map(() => settleOrder(orders, publish, captured)));
    expect(await rows('SELECT status, version FROM orders.orders WHERE id = $1', [orderId])).toEqual([
      { status: 'paid', version: 2 },
    ]);
    expect(await rows('SELECT on_hand, reserved FROM catalog.stock WHERE product_id = $1', [productId])).toEqual([
      { on_hand: 9, reserved: 0 },
    ]);
  });

  test('a capture of an order that was cancelled meanwhile is given back in full', async () => {
    const { userId, orderId } = await unpaidOrder();
    const { payment } = await pay(0, userId, orderId);
    await cancelOrder(orderDeps, userId, orderId);
    await settleOrder(orders, publish, eventOf('payment.captured', payment.id));
    const refused = eventOf('order.capture_refused', payment.id);
    await Promise.all([1, 2].map(() => handlePaymentEvent(first.database, provider, publish, refused)));
    const requested = published.findLast(
      (event) => event.type === 'refund.requested' && event.payload.paymentId === payment.id,
    ) as DomainEvent;
    await Promise.all([1, 2].map(() => handlePaymentEvent(first.database, provider, publish, requested)));
    expect((await paymentsOf(orderId))[0]?.status).toBe('refunded');
    expect(await rows('SELECT refunded_minor FROM sandbox.charges WHERE idempotency_key = $1', [payment.id])).toEqual([
      { refunded_minor: 1500 },
    ]);
    expect(await brokenInvariants()).toEqual({});
  });

  test('refunds at once never give back more than was captured', async () => {
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

  test('an unpaid order expires, once, and gives its stock back', async () => {
    const { orderId, productId } = await unpaidOrder();
    await rows(`UPDATE orders.orders SET expires_at = now() - interval '1 second' WHERE id = $1`, [orderId]);
    await Promise.all([1, 2, 3].map(() => expireOrders(orders, publish, () => new Date())));
    expect(await rows('SELECT status FROM orders.orders WHERE id = $1', [orderId])).toEqual([{ status: 'expired' }]);
    expect(await rows('SELECT reserved FROM catalog.stock WHERE product_id = $1', [productId])).toEqual([
      { reserved: 0 },
    ]);
  });
});
