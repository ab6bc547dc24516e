import { expect, test } from '@jest/globals';
import { Turnstile } from '../../../local/servers/concurrency-limiter.ts';

test('lets no more than the limit in, and everybody in the end', async () => {
  const turnstile = new Turnstile(3);
  let inside = 0;
  let most = 0;
  const visits = Array.from({ length: 50 }, () =>
    turnstile.pass('orders', async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    }),
  );
  await Promise.all(visits);
  expect(most).toBe(3);
  expect(inside).toBe(0);
});

test('a failed visit frees its place', async () => {
  const turnstile = new Turnstile(1);
  await expect(turnstile.pass('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await turnstile.pass('a', async () => {});
});
