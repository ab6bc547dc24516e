import { expect, test } from '@jest/globals';
import { buyOnce } from '../../lambdas/synthetic/buy-once.ts';
import { CHECKS, smoke } from '../../local/commands/smoke.ts';
import { makeProduct, uniqueEmail } from '../support/factories.ts';
import { endpoints, rows } from '../support/platform.ts';

test('the smoke test passes on the laptop', async () => {
  await makeProduct(5);
  const lines: string[] = [];
  expect(await smoke(endpoints.edge, (line) => void lines.push(line))).toBe(0);
  expect(lines).toHaveLength(CHECKS.length);
});

test('the smoke test reports failed checks when no server answers', async () => {
  const lines: string[] = [];
  expect(await smoke('http://127.0.0.1:9', (line) => void lines.push(line))).toBeGreaterThan(0);
  expect(lines.some((line) => line.startsWith('✖ '))).toBe(true);
});

test('the synthetic buyer signs up once, cancels each order and pays nothing', async () => {
  await makeProduct(5);
  const visit = { origin: endpoints.edge, email: uniqueEmail(), password: 'correct horse battery' };
  const visits = [await buyOnce(visit), await buyOnce(visit)];
  for (const { orderId } of visits) {
    expect(await rows('SELECT status FROM orders.orders WHERE id = $1', [orderId])).toEqual([{ status: 'cancelled' }]);
    expect(await rows('SELECT * FROM payments.payments WHERE order_id = $1', [orderId])).toEqual([]);
  }
  expect(await rows('SELECT count(*)::int AS n FROM auth.users WHERE email = $1', [visit.email])).toEqual([{ n: 1 }]);
});
