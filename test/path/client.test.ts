import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { type ClientOptions, createClient, isProblem } from '../../client/src/index.ts';
import { makeProduct, uniqueEmail } from '../support/factories.ts';
import { endpoints, eventually, rows } from '../support/platform.ts';
import { PASSWORD } from '../support/shopper.ts';

const baseUrl = `${endpoints.edge}/api`;

async function customer(options: Partial<ClientOptions> = {}) {
  const client = createClient({ baseUrl, ...options });
  const account = { email: uniqueEmail(), password: PASSWORD };
  await client.signUp({ body: { ...account, name: 'Ann' } });
  await client.logIn({ body: account });
  return client;
}

test('a stranger’s script signs up, logs in, orders and pays with nothing but the client', async () => {
  await makeProduct(5);
  const script = path.resolve(import.meta.dirname, '../../client/examples/buy.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, baseUrl, uniqueEmail()]);
  const { orderId, paymentStatus } = JSON.parse(stdout);
  expect(paymentStatus).toBe('captured');
  await eventually(async () => {
    const [order] = await rows<{ status: string }>('SELECT status FROM orders.orders WHERE id = $1', [orderId]);
    return order?.status === 'paid';
  });
});

describe('the client on the platform', () => {
  test('keeps its session through 10 calls at once with an expired token', async () => {
    let nowMs = Date.now();
    let refreshed = 0;
    const client = await customer({
      now: () => nowMs,
      fetch: (url, request) => {
        if (String(url).endsWith('/auth/refresh')) refreshed++;
        return fetch(url, request);
      },
    });
    nowMs += 600_000;
    const pages = await Promise.all(Array.from({ length: 10 }, () => client.listOrders()));
    expect(pages).toEqual(Array(10).fill({ items: [], nextCursor: null }));
    expect(refreshed).toBe(1);
    await client.logOut();
    expect(client.isLoggedIn()).toBe(false);
  });

  test('places one order when the response of the first attempt is lost', async () => {
    let isLost = false;
    const client = await customer({
      wait: async () => {},
      fetch: async (url, request) => {
        const response = await fetch(url, request);
        if (isLost || !String(url).endsWith('/orders')) return response;
        isLost = true;
        throw new TypeError('The connection was reset.');
      },
    });
    const { order } = await client.placeOrder({ body: { items: [{ productId: await makeProduct(5), quantity: 1 }] } });
    expect(isLost).toBe(true);
    expect((await client.listOrders()).items.map(({ id }) => id)).toEqual([order.id]);
  });

  test('reports a problem with the code and the members of its operation', async () => {
    const client = await customer();
    const productId = await makeProduct(1);
    const error = await client.placeOrder({ body: { items: [{ productId, quantity: 2 }] } }).catch((caught) => caught);
    if (!isProblem(error, 'placeOrder')) throw error;
    expect(error).toMatchObject({ code: 'OUT_OF_STOCK', document: { productId } });
  });
});
