import { expect, test } from '@jest/globals';
import { ConcurrencyLimiter } from '../../../local/servers/concurrency-limiter.ts';

test('runs no more calls at once than the limit, and completes them all', async () => {
  const limiter = new ConcurrencyLimiter(3);
  let inside = 0;
  let most = 0;
  const visits = Array.from({ length: 50 }, () =>
    limiter.pass('orders', async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    }),
  );
  await Promise.all(visits);
  expect(most).toBe(3);
  expect(inside).toBe(0);
});

test('a failed call frees its slot', async () => {
  const limiter = new ConcurrencyLimiter(1);
  await expect(limiter.pass('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await limiter.pass('a', async () => {});
});
