import { afterEach, describe, expect, test } from '@jest/globals';
import { makeProduct } from '../support/factories.ts';
import { brokenInvariants } from '../support/invariants.ts';
import { control, eventually, rows, withLocked } from '../support/platform.ts';
import { call, Shopper } from '../support/shopper.ts';

const health = async () => (await call('GET', '/health')).body;
const stopped = new Set<string>();

async function stop(name: string): Promise<void> {
  stopped.add(name);
  await control('stop', name);
}

afterEach(async () => {
  for (const name of stopped) await control('start', name);
  stopped.clear();
  await eventually(async () => (await health()).status === 'ok', 20_000);
});

describe('while Valkey is down', () => {
  test('orders, payments, reads and log-in work, and /health reports the cache as down', async () => {
    const shopper = await Shopper.signUp();
    const productId = await makeProduct(3);
    await stop('valkey');
    const placed = await shopper.placeOrder([{ productId, quantity: 1 }]);
    expect(placed.status).toBe(201);
    expect((await shopper.pay(placed.body.order.id)).status).toBe(201);
    await shopper.orderWithStatus(placed.body.order.id, 'paid');
    expect((await call('GET', `/products/${productId}`)).status).toBe(200);
    await shopper.logIn();
    expect(await health()).toMatchObject({
      status: 'degraded',
      dependencies: { cache: { status: 'down' }, writer: { status: 'up' } },
    });
  });
});

describe('while the read replica is down', () => {
  test('reads and writes work, and /health reports the reader as down', async () => {
    const shopper = await Shopper.signUp();
    const placed = await shopper.placeOrder([{ productId: await makeProduct(3), quantity: 1 }]);
    const other = await Shopper.signUp();
    await stop('postgres-replica');
    expect((await shopper.call('GET', `/orders/${placed.body.order.id}`)).status).toBe(200);
    expect((await other.call('GET', '/orders')).status).toBe(200);
    expect((await call('GET', '/products?limit=7')).status).toBe(200);
    expect(await health()).toMatchObject({
      status: 'degraded',
      dependencies: { reader: { status: 'down' }, writer: { status: 'up' } },
    });
  });
});

describe('while the primary is down', () => {
  test('a write gets 503 with Retry-After, and a retry succeeds when the primary is back', async () => {
    const shopper = await Shopper.signUp();
    const productId = await makeProduct(3);
    const key = crypto.randomUUID();
    await stop('postgres-primary');
    const refused = await shopper.placeOrder([{ productId, quantity: 1 }], key);
    expect(refused).toMatchObject({ status: 503, body: { code: 'DEPENDENCY_UNAVAILABLE' } });
    expect(refused.headers.get('retry-after')).not.toBeNull();
    expect(await health()).toMatchObject({ status: 'down', dependencies: { writer: { status: 'down' } } });
    await control('start', 'postgres-primary');
    stopped.delete('postgres-primary');
    const placed = await eventually(async () => {
      const answer = await shopper.placeOrder([{ productId, quantity: 1 }], key);
      return answer.status === 201 && answer;
    }, 20_000);
    expect(placed.body.order.status).toBe('awaiting_payment');
    expect(await brokenInvariants()).toEqual({});
  });
});

describe('after the emulator stops with a message on its queue', () => {
  test('the deployment is restored and the event takes effect', async () => {
    const shopper = await Shopper.signUp();
    const { order } = (await shopper.placeOrder([{ productId: await makeProduct(3), quantity: 1 }])).body;
    await withLocked('orders.orders', order.id, async () => {
      const { payment } = (await shopper.pay(order.id)).body;
      await eventually(async () => (await publishedOf(payment.id)) === 1);
      await control('stop', 'emulator');
    });
    expect(await rows('SELECT status FROM orders.orders WHERE id = $1', [order.id])).toEqual([
      { status: 'awaiting_payment' },
    ]);
    await control('start', 'emulator');
    // The emulator loses the signing key when it stops. On AWS, KMS keeps it.
    await shopper.logIn();
    await eventually(
      async () => (await shopper.call('GET', `/orders/${order.id}`)).body.order.status === 'paid',
      75_000,
    );
    expect(await brokenInvariants()).toEqual({});
  }, 120_000);
});

const publishedOf = async (paymentId: string) =>
  (
    await rows(
      `SELECT FROM queue.outbox WHERE aggregate_id = $1 AND type = 'payment.captured' AND published_at IS NOT NULL`,
      [paymentId],
    )
  ).length;
