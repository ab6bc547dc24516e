import { expect, test } from '@jest/globals';
import { MAX_RECEIVES, OUTAGE_SECONDS, redeliveryDelaySeconds } from '../../../lambdas/queue/redelivery.ts';

const delays = Array.from({ length: MAX_RECEIVES - 1 }, (_, index) => redeliveryDelaySeconds(index + 1));

test('the attempts of a message outlast the outage that no message may be lost in', () => {
  expect(delays.reduce((sum, delay) => sum + delay, 0)).toBeGreaterThan(OUTAGE_SECONDS);
});

test('the delay grows, and SQS accepts it: at most 12 hours', () => {
  expect(delays).toEqual([...delays].sort((a, b) => a - b));
  expect(Math.max(...delays)).toBeLessThanOrEqual(43_200);
  expect(redeliveryDelaySeconds(0)).toBe(delays[0]);
});
