import { defineProblems } from '../shared/problem.ts';

export const orderProblems = defineProblems({
  OUT_OF_STOCK: { status: 409, title: 'There is not enough of a product.' },
  MIXED_CURRENCIES: { status: 422, title: 'The products of an order must be priced in one currency.' },
  ORDER_NOT_CANCELLABLE: { status: 409, title: 'The order is past cancelling.' },
});
