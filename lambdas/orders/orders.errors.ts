import * as z from 'zod';
import { defineProblems } from '../shared/problem.ts';
import { uuidSchema } from '../shared/text.ts';
import { orderStatusSchema } from './order.ts';

export const orderProblems = defineProblems({
  OUT_OF_STOCK: {
    status: 409,
    title: 'There is not enough stock of a product.',
    members: z.object({ productId: uuidSchema, sku: z.string() }),
  },
  MIXED_CURRENCIES: { status: 422, title: 'All products of an order must have the same currency.' },
  ORDER_NOT_CANCELLABLE: {
    status: 409,
    title: 'The order can no longer be cancelled.',
    members: z.object({ orderStatus: orderStatusSchema }),
  },
});
