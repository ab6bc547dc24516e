import { expect, test } from '@jest/globals';
import { type OrderRecord, toOrder } from '../../../lambdas/orders/orders.repository.ts';

test('the lines of an order are in the order of their SKUs by code unit, whatever order the database returns', () => {
  const line = (sku: string) => ({ productId: crypto.randomUUID(), sku, name: sku, quantity: 1, unitPriceMinor: 1 });
  const now = new Date();
  const row: OrderRecord = {
    ...{ id: crypto.randomUUID(), user_id: crypto.randomUUID(), status: 'paid', version: 1 },
    ...{ total_minor: 5, currency: 'EUR', expires_at: now, created_at: now, updated_at: now },
    // As the collation en_US sorts them.
    items: ['_x', 'a-1', 'A-2', 'b', 'B'].map(line),
  };
  expect(toOrder(row).items.map(({ sku }) => sku)).toEqual(['A-2', 'B', '_x', 'a-1', 'b']);
});
