import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { InvariantError, invariant } from '../../../lambdas/shared/invariant.ts';
import { money } from '../../../lambdas/shared/money.ts';

afterEach(() => void jest.restoreAllMocks());

describe('an invariant', () => {
  test('that holds does nothing', () => {
    const counted = jest.spyOn(Metrics.prototype, 'addMetric');
    expect(() => invariant(true, 'all is well')).not.toThrow();
    expect(counted).not.toHaveBeenCalled();
  });

  test('that is violated throws what must hold with the values, and is counted for all functions', () => {
    const counted = jest.spyOn(Metrics.prototype, 'addMetric');
    const violate = () => invariant(1 > 2, 'one is more than two', { one: 1, two: 2 });
    expect(violate).toThrow(InvariantError);
    expect(violate).toThrow('Invariant violated: one is more than two {"one":1,"two":2}');
    expect(counted).toHaveBeenCalledWith('InvariantViolated', 'Count', 1);
  });

  test('of money: an amount is never negative', () => {
    expect(() => money(-1, 'EUR')).toThrow('an amount is never negative {"amountMinor":-1,"currency":"EUR"}');
  });
});
