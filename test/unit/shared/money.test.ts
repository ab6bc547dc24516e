import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CURRENCIES, money, multiplyMoney, sumMoney } from '../../../lambdas/shared/money.ts';
import { formatMoney } from '../../../lambdas/shared/money-format.ts';

const amount = fc.integer({ min: 0, max: 1_000_000_000 });

describe('money', () => {
  test('a sum does not depend on the order of its amounts', () => {
    fc.assert(
      fc.property(
        fc.array(amount, { minLength: 1, maxLength: 50 }),
        fc.constantFrom(...CURRENCIES),
        (amounts, currency) => {
          const all = amounts.map((each) => money(each, currency));
          expect(sumMoney(all)).toEqual(sumMoney([...all].reverse()));
          expect(sumMoney(all).amountMinor).toBe(amounts.reduce((sum, each) => sum + each, 0));
        },
      ),
    );
  });

  test('a price times a quantity equals the sum of that many prices', () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: 1, max: 100 }), (price, quantity) => {
        const unit = money(price, 'EUR');
        expect(multiplyMoney(unit, quantity)).toEqual(sumMoney(Array.from({ length: quantity }, () => unit)));
      }),
    );
  });

  test('adding two currencies throws', () => {
    expect(() => sumMoney([money(1, 'EUR'), money(1, 'USD')])).toThrow('Cannot add USD to EUR.');
  });

  test.each([0.5, Number.NaN, 2 ** 53])('%p is rejected as an amount', (wrong) => {
    expect(() => money(wrong, 'EUR')).toThrow(RangeError);
  });

  test('formatting uses the decimals of the currency', () => {
    expect(formatMoney(money(1999, 'EUR'))).toBe('19.99 EUR');
    expect(formatMoney(money(1999, 'JPY'))).toBe('1999 JPY');
  });
});
