import { describe, expect, test } from '@jest/globals';
import { mayBecome, PAYMENT_STATUSES, sourcesOf } from '../../../lambdas/payments/payment.ts';
import { isSignedWebhook, signWebhook, TOLERANCE_SECONDS } from '../../../lambdas/payments/webhook-signature.ts';

describe('the states of a payment', () => {
  test('money is captured once: nothing leads back to captured', () => {
    expect(sourcesOf('captured')).toEqual(['processing', 'requires_action']);
  });

  test('a declined and a refunded payment are at their end', () => {
    for (const to of PAYMENT_STATUSES) {
      expect(mayBecome('declined', to)).toBe(false);
      expect(mayBecome('refunded', to)).toBe(false);
    }
  });
});

describe('webhook signatures', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const secret = 'a secret of the provider';
  const signature = signWebhook('{"a":1}', secret, now);
  const secondsLater = (seconds: number) => new Date(now.getTime() + seconds * 1000);

  test('the right one passes, within the tolerance', () => {
    expect(isSignedWebhook('{"a":1}', signature, secret, now)).toBe(true);
    expect(isSignedWebhook('{"a":1}', signature, secret, secondsLater(TOLERANCE_SECONDS))).toBe(true);
  });

  test.each([
    ['another body', '{"a":2}', signature, secret, now],
    ['another secret', '{"a":1}', signature, 'another', now],
    ['a replay after the tolerance', '{"a":1}', signature, secret, secondsLater(TOLERANCE_SECONDS + 1)],
    ['one from the future', '{"a":1}', signature, secret, secondsLater(-TOLERANCE_SECONDS - 1)],
    ['none', '{"a":1}', undefined, secret, now],
    ['a malformed one', '{"a":1}', 't=1,v1=zz', secret, now],
  ])('%s is refused', (_, body, given, key, at) => {
    expect(isSignedWebhook(body, given, key, at)).toBe(false);
  });
});
