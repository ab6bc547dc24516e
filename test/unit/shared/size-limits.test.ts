import { expect, test } from '@jest/globals';
import { newProductSchema } from '../../../lambdas/catalog/product.ts';
import { contentBytes, MAX_BODY_BYTES, MAX_CONTENT_BYTES } from '../../../lambdas/shared/size-limits.ts';

const escaped = (json: string) =>
  json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

test('the largest product of the contract is within the limits, also with every character escaped', () => {
  const product = {
    sku: 'S'.repeat(64),
    name: '京'.repeat(200),
    description: '京'.repeat(5_000),
    price: { amountMinor: 1_000_000_000, currency: 'EUR' },
    onHand: 10_000_000,
  };
  expect(newProductSchema.safeParse(product).success).toBe(true);
  const json = JSON.stringify(product);
  expect(contentBytes(escaped(json))).toBe(Buffer.byteLength(json));
  expect(contentBytes(json)).toBeLessThanOrEqual(MAX_CONTENT_BYTES);
  expect(Buffer.byteLength(escaped(json))).toBeGreaterThan(30_000);
  expect(Buffer.byteLength(escaped(json))).toBeLessThan(MAX_BODY_BYTES);
});

test.each([
  ['"😀"', '"😀"'],
  ['"\\ud83d\\ude00"', '"😀"'],
  ['"\\n"', '" "'],
  ['"\\\\u4eac"', '" u4eac"'],
  ['"\\u4eac"', '"京"'],
  ['\\u12', ' 12'],
])('%s has the size of %s', (json, decoded) => {
  expect(contentBytes(json)).toBe(Buffer.byteLength(decoded));
});
