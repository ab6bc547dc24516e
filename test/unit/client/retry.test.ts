import { describe, expect, test } from '@jest/globals';
import { isProblem } from '../../../client/src/index.ts';
import { DEFAULT_RETRY, delayAfter, retryAfterMs, waitFor } from '../../../client/src/retry.ts';
import { fakeApi, json, NOW_MS, problem } from '../../support/fake-api.ts';

const ORDER = { body: { items: [{ productId: '01988a1b-2f00-7c30-8b00-6d3f7e201c03', quantity: 1 }] } };
const USER = { body: { email: 'ann@example.com', password: 'correct horse battery', name: 'Ann' } };
const placed = () => json(201, { order: { id: 'o' } });

describe('a call that may be repeated', () => {
  test.each([
    ['a network error', () => new TypeError('fetch failed')],
    ['429', () => problem(429, 'TOO_MANY_REQUESTS')],
    ['503', () => problem(503, 'DEPENDENCY_UNAVAILABLE')],
    ['an earlier attempt in progress', () => problem(409, 'REQUEST_IN_PROGRESS')],
  ])('is repeated after %s, with one Idempotency-Key', async (_, failure) => {
    const { client, received, delays, holdTokens } = fakeApi((_, count) => (count < 3 ? failure() : placed()));
    holdTokens(1);
    expect(await client.placeOrder(ORDER)).toEqual({ order: { id: 'o' } });
    expect(received).toHaveLength(3);
    expect(received[0]?.key).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(received.map(({ key }) => key)).size).toBe(1);
    expect(delays).toHaveLength(2);
  });

  test('has a new key each time, or the key that the caller gives', async () => {
    const { client, received, holdTokens } = fakeApi(placed);
    holdTokens(1);
    await client.placeOrder(ORDER);
    await client.placeOrder(ORDER);
    await client.placeOrder({ ...ORDER, idempotencyKey: 'mine' });
    expect(new Set(received.map(({ key }) => key)).size).toBe(3);
    expect(received.at(-1)?.key).toBe('mine');
  });

  test('fails after its last attempt', async () => {
    const { client, received } = fakeApi(() => problem(503, 'DEPENDENCY_UNAVAILABLE'));
    await expect(client.listProducts()).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
    expect(received).toHaveLength(DEFAULT_RETRY.attempts);
  });

  test.each([
    ['waits as long as the API asks', '7', [7_000]],
    ['waits until the date that the API names', new Date(NOW_MS + 9_000).toUTCString(), [9_000]],
    ['fails at once when the API asks for longer than the limit', '900', []],
  ])('%s', async (_, value, expected) => {
    const busy = () => problem(429, 'TOO_MANY_REQUESTS', { 'retry-after': value });
    const { client, delays } = fakeApi((_, count) => (count === 1 ? busy() : json(200, { items: [] })));
    const outcome = await client.listProducts().catch((error: unknown) => error);
    expect(delays).toEqual(expected);
    expect(isProblem(outcome)).toBe(expected.length === 0);
  });

  test('ends with its signal', async () => {
    const controller = new AbortController();
    const { client, received } = fakeApi(() => {
      controller.abort(new Error('The page was closed.'));
      return new TypeError('fetch failed');
    });
    await expect(client.listProducts({ signal: controller.signal })).rejects.toThrow('The page was closed.');
    expect(received).toHaveLength(1);
  });
});

describe('a call that must not be repeated', () => {
  test.each([
    ['a network error', () => new TypeError('fetch failed'), { name: 'NoResponse' }],
    ['503', () => problem(503, 'DEPENDENCY_UNAVAILABLE', { 'retry-after': '1' }), { code: 'DEPENDENCY_UNAVAILABLE' }],
    ['429', () => problem(429, 'TOO_MANY_REQUESTS', { 'retry-after': '1' }), { code: 'TOO_MANY_REQUESTS' }],
  ])('fails at once with %s', async (_, failure, error) => {
    const { client, received, delays } = fakeApi(failure);
    await expect(client.signUp(USER)).rejects.toMatchObject(error);
    expect(received).toMatchObject([{ key: null }]);
    expect(delays).toEqual([]);
  });
});

describe('a failure that no repetition changes', () => {
  test('is a problem with its code, its operation and its document', async () => {
    const { client, received, holdTokens } = fakeApi(() => problem(409, 'OUT_OF_STOCK'));
    holdTokens(1);
    const error = await client.placeOrder(ORDER).catch((caught: unknown) => caught);
    if (!isProblem(error, 'placeOrder')) throw error;
    expect(error).toMatchObject({ status: 409, code: 'OUT_OF_STOCK', document: { requestId: 'r' } });
    expect(isProblem(error, 'payOrder')).toBe(false);
    expect(received).toHaveLength(1);
  });

  test('is told from a response that is not the API’s', async () => {
    const { client } = fakeApi(() => new Response('<h1>Bad gateway</h1>', { status: 502 }));
    await expect(client.listProducts()).rejects.toMatchObject({ name: 'UnexpectedResponse', status: 502 });
  });
});

describe('the delay before a retry', () => {
  const error = () =>
    fakeApi(() => problem(503, 'DEPENDENCY_UNAVAILABLE'))
      .client.signUp(USER)
      .catch((each) => each);

  test('doubles with each attempt, and is random between its half and its whole', async () => {
    const failure = await error();
    const delays = [1, 2, 3].map((attempt) =>
      [0, 1].map((random) => delayAfter(failure, attempt, DEFAULT_RETRY, () => random)),
    );
    expect(delays).toEqual([
      [100, 200],
      [200, 400],
      [400, 800],
    ]);
    expect(delayAfter(failure, 4, DEFAULT_RETRY)).toBeUndefined();
  });

  test('is read from seconds and dates', () => {
    expect([null, 'soon', '2'].map((value) => retryAfterMs(value, NOW_MS))).toEqual([undefined, undefined, 2_000]);
  });

  test('ends when its signal aborts', async () => {
    const controller = new AbortController();
    const waiting = waitFor(60_000, controller.signal);
    controller.abort(new Error('No longer needed.'));
    await expect(waiting).rejects.toThrow('No longer needed.');
  });
});
