import * as z from 'zod';
import { defineProblems } from '../shared/problem.ts';
import { uuidSchema } from '../shared/text.ts';
import { orderStatusSchema } from './order.ts';

export const orderProblems = defineProblems({
  OUT_OF_STOCK: {
    status: 409,
    title: 'There is not enough of a product.',
    members: z.object({ productId: uuidSchema, sku: z.string() }),
  },
  MIXED_CURRENCIES: { status: 422, title: 'The products of an order must be priced in one currency.' },
  ORDER_NOT_CANCELLABLE: {
    status: 409,
    title: 'The order is past cancelling.',
    members: z.object({ orderStatus: orderStatusSchema }),
  },
});
