import { afterAll, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { ReadYourWrites } from '../../lambdas/database/read-your-writes.ts';
import { placeOrder } from '../../lambdas/orders/place-order.ts';
import { makeProduct, makeUser } from '../support/factories.ts';
import { brokenInvariants } from '../support/invariants.ts';
import { cacheAs, databaseAs, rows } from '../support/platform.ts';

const cache = cacheAs('orders');
/** Each has its own connections, like a separate process. */
const databases = Array.from({ length: 20 }, () => databaseAs('orders'));
const deps = databases.map((database) => ({
  data: new ReadYourWrites(database, cache),
  publish: async () => {},
  clock: () => new Date(),
}));
const buyer = (index: number) => deps[index % deps.length] as (typeof deps)[number];

afterAll(async () => {
  await Promise.all(databases.map((database) => database.close()));
  cache.close();
});

const buy = (index: number, userId: string, productId: string, quantity = 1, key: string = crypto.randomUUID()) =>
  placeOrder(buyer(index), { userId, idempotencyKey: key, items: [{ productId, quantity }] });

const codes = (results: PromiseSettledResult<unknown>[]) =>
  Object.entries(
    Object.groupBy(results, (each) => (each.status === 'fulfilled' ? 'placed' : each.reason.kind?.code)),
  ).map(([code, all]) => [code, all?.length]);

describe('placing an order', () => {
  test.each([20, 200])('of %d concurrent buyers, 5 get the stock of 5, others OUT_OF_STOCK', async (buyers) => {
    const productId = await makeProduct(5);
    const userId = await makeUser();
    const results = await Promise.allSettled(
      Array.from({ length: buyers }, (_, index) => buy(index, userId, productId)),
    );
    expect(Object.fromEntries(codes(results))).toEqual({ placed: 5, OUT_OF_STOCK: buyers - 5 });
    expect(await rows('SELECT on_hand, reserved FROM catalog.stock WHERE product_id = $1', [productId])).toEqual([
      { on_hand: 5, reserved: 5 },
    ]);
    expect(await brokenInvariants()).toEqual({});
  });

  test('concurrent orders for the same products in opposite order do not deadlock', async () => {
    const [one, two] = [await makeProduct(1_000), await makeProduct(1_000)];
    const userId = await makeUser();
    const lines = [one, two].map((productId) => ({ productId, quantity: 1 }));
    const results = await Promise.allSettled(
      Array.from({ length: 2 * deps.length }, (_, index) =>
        placeOrder(buyer(index), {
          userId,
          idempotencyKey: crypto.randomUUID(),
          items: index % 2 ? lines : lines.toReversed(),
        }),
      ),
    );
    expect(Object.fromEntries(codes(results))).toEqual({ placed: 2 * deps.length });
  });

  test('20 concurrent requests with one key create one order and all return it', async () => {
    const productId = await makeProduct(100);
    const userId = await makeUser();
    const key = crypto.randomUUID();
    const results = await Promise.all(Array.from({ length: 20 }, (_, index) => buy(index, userId, productId, 2, key)));
    const bodies = results.map(
      (result) => (result.order ? result : result.replayed?.body) as { order: { id: string } },
    );
    const ids = bodies.map(({ order }) => order.id);
    expect(new Set(ids).size).toBe(1);
    expect(results.filter((result) => result.order)).toHaveLength(1);
    expect(await rows('SELECT reserved FROM catalog.stock WHERE product_id = $1', [productId])).toEqual([
      { reserved: 2 },
    ]);
  });

  test('a key that was used with another body is rejected and reserves nothing', async () => {
    const productId = await makeProduct(100);
    const userId = await makeUser();
    const key = crypto.randomUUID();
    await buy(0, userId, productId, 1, key);
    await expect(buy(1, userId, productId, 2, key)).rejects.toMatchObject({ kind: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(await rows('SELECT reserved FROM catalog.stock WHERE product_id = $1', [productId])).toEqual([
      { reserved: 1 },
    ]);
  });

  test('a rejected order stores nothing, so a retry with the same key succeeds when there is stock', async () => {
    const productId = await makeProduct(0);
    const userId = await makeUser();
    const key = crypto.randomUUID();
    await expect(buy(0, userId, productId, 1, key)).rejects.toMatchObject({
      kind: { code: 'OUT_OF_STOCK' },
      details: { extra: { productId } },
    });
    await rows('UPDATE catalog.stock SET on_hand = 1 WHERE product_id = $1', [productId]);
    expect((await buy(0, userId, productId, 1, key)).order?.status).toBe('awaiting_payment');
  });

  test('one product without stock rejects the whole order', async () => {
    const [plenty, none] = [await makeProduct(10), await makeProduct(0)];
    const items = [plenty, none].map((productId) => ({ productId, quantity: 1 }));
    const order = placeOrder(buyer(0), { userId: await makeUser(), idempotencyKey: 'k', items });
    await expect(order).rejects.toMatchObject({ kind: { code: 'OUT_OF_STOCK' } });
    expect(await rows('SELECT reserved FROM catalog.stock WHERE product_id = $1', [plenty])).toEqual([{ reserved: 0 }]);
  });

  test('products in two currencies are rejected', async () => {
    const products = [await makeProduct(1, 100, 'EUR'), await makeProduct(1, 100, 'USD')];
    const items = products.map((productId) => ({ productId, quantity: 1 }));
    const order = placeOrder(buyer(0), { userId: await makeUser(), idempotencyKey: 'k', items });
    await expect(order).rejects.toMatchObject({ kind: { code: 'MIXED_CURRENCIES' } });
  });

  test('takes four round trips: BEGIN, claim and reserve, store, COMMIT', async () => {
    const productId = await makeProduct(10);
    const userId = await makeUser();
    await buy(0, userId, productId);
    const query = jest.spyOn(pg.Client.prototype, 'query');
    await buy(0, userId, productId);
    expect(query).toHaveBeenCalledTimes(4);
    query.mockRestore();
  });
});
