import * as z from 'zod';
import { invariant } from './invariant.ts';

/** The highest price in a request, in minor units (10 million euros). Sums of order lines stay far below 2^53. */
export const MAX_AMOUNT_MINOR = 1_000_000_000;

/** Accepted currencies. A closed list, because a price in a mistyped currency could not be paid. */
export const CURRENCIES = ['EUR', 'USD', 'GBP', 'CHF', 'SEK', 'JPY'] as const;

export const currencySchema = z.enum(CURRENCIES).meta({ id: 'Currency' });

/** Money in JSON: an integer in the currency's minor unit, e.g. 19.99 EUR is `{amountMinor: 1999, currency: 'EUR'}`. */
export const moneySchema = z.object({ amountMinor: z.int().min(0), currency: currencySchema }).meta({ id: 'Money' });

/** A price that a person enters: above zero and limited. */
export const priceSchema = z
  .object({ amountMinor: z.int().min(1).max(MAX_AMOUNT_MINOR), currency: currencySchema })
  .meta({ id: 'Price' });

export type Currency = (typeof CURRENCIES)[number];
/** An amount to charge or refund. It has no limit, because an order may contain many products at the highest price. */
export const chargeableSchema = moneySchema.extend({ amountMinor: z.int().min(1) }).meta({ id: 'Chargeable' });

export type Money = z.output<typeof moneySchema>;

/** @throws RangeError when `amountMinor` is not a safe integer: money is never rounded silently. */
export function money(amountMinor: number, currency: Currency): Money {
  if (!Number.isSafeInteger(amountMinor)) throw new RangeError(`Money must be a safe integer in minor units.`);
  invariant(amountMinor >= 0, 'an amount is never negative', { amountMinor, currency });
  return { amountMinor, currency };
}

/** Unit price times quantity. @throws RangeError past 2^53. */
export function multiplyMoney(unit: Money, quantity: number): Money {
  return money(unit.amountMinor * quantity, unit.currency);
}

/**
 * Sums amounts of one currency.
 * @throws RangeError for an empty list or for mixed currencies, because this system has no exchange rates.
 */
export function sumMoney(amounts: readonly Money[]): Money {
  const [first] = amounts;
  if (!first) throw new RangeError('A sum of money needs at least one amount.');
  return amounts.reduce(
    (sum, each) => {
      if (each.currency !== sum.currency) throw new RangeError(`Cannot add ${each.currency} to ${sum.currency}.`);
      return money(sum.amountMinor + each.amountMinor, sum.currency);
    },
    money(0, first.currency),
  );
}
