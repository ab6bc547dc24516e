import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mergeLines, nextStatus, ORDER_STATUSES, type OrderAction } from '../../../lambdas/orders/order.ts';

const ACTIONS: OrderAction[] = ['pay', 'cancel', 'expire', 'fulfil', 'refund'];
const ALLOWED = {
  awaiting_payment: { pay: 'paid', cancel: 'cancelled', expire: 'expired' },
  paid: { fulfil: 'fulfilled', refund: 'refunded' },
  fulfilled: { refund: 'refunded' },
  cancelled: {},
  expired: {},
  refunded: {},
} as const;

describe('order status transitions', () => {
  test.each(ORDER_STATUSES.flatMap((status) => ACTIONS.map((action) => [status, action] as const)))(
    '%s, %s',
    (status, action) => {
      expect(nextStatus(status, action)).toBe((ALLOWED[status] as Record<string, string>)[action]);
    },
  );
});

test('merging lines keeps the total quantity of each product', () => {
  const line = fc.record({ productId: fc.constantFrom('a', 'b', 'c'), quantity: fc.integer({ min: 1, max: 9 }) });
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), (lines) => {
      const merged = mergeLines(lines);
      const wanted = (all: { productId: string; quantity: number }[], id: string) =>
        all.filter((each) => each.productId === id).reduce((sum, each) => sum + each.quantity, 0);
      for (const id of ['a', 'b', 'c']) expect(wanted(merged, id)).toBe(wanted(lines, id));
      expect(new Set(merged.map((each) => each.productId)).size).toBe(merged.length);
    }),
  );
});
