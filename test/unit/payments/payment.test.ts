import { describe, expect, test } from '@jest/globals';
import { mayBecome, PAYMENT_STATUSES, sourcesOf } from '../../../lambdas/payments/payment.ts';
import { isSignedWebhook, signWebhook, TOLERANCE_SECONDS } from '../../../lambdas/payments/webhook-signature.ts';

describe('payment status transitions', () => {
  test('a payment is captured only from processing or requires_action', () => {
    expect(sourcesOf('captured')).toEqual(['processing', 'requires_action']);
  });

  test('declined and refunded are final', () => {
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

  test('a valid signature is accepted within the tolerance', () => {
    expect(isSignedWebhook('{"a":1}', signature, secret, now)).toBe(true);
    expect(isSignedWebhook('{"a":1}', signature, secret, secondsLater(TOLERANCE_SECONDS))).toBe(true);
  });

  test.each([
    ['a signature of another body', '{"a":2}', signature, secret, now],
    ['a signature with another secret', '{"a":1}', signature, 'another', now],
    ['a replay after the tolerance', '{"a":1}', signature, secret, secondsLater(TOLERANCE_SECONDS + 1)],
    ['a signature from the future', '{"a":1}', signature, secret, secondsLater(-TOLERANCE_SECONDS - 1)],
    ['a missing signature', '{"a":1}', undefined, secret, now],
    ['a malformed signature', '{"a":1}', 't=1,v1=zz', secret, now],
  ])('%s is rejected', (_, body, given, key, at) => {
    expect(isSignedWebhook(body, given, key, at)).toBe(false);
  });
});
