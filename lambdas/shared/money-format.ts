import type { Money } from './money.ts';

/** Formats money for display, e.g. `19.99 EUR`, with the currency's number of decimals (JPY has none). */
export function formatMoney({ amountMinor, currency }: Money): string {
  const digits =
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  return `${(amountMinor / 10 ** digits).toFixed(digits)} ${currency}`;
}
