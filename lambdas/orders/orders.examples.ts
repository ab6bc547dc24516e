import { EXAMPLE } from '../shared/examples.ts';
import type { Order, OrderLine } from './order.ts';

const total = { amountMinor: 2_980, currency: 'EUR' } as const;

export const orderLineExample: OrderLine = { productId: EXAMPLE.productId, quantity: 2 };

export const orderExample: Order = {
  id: EXAMPLE.orderId,
  status: 'awaiting_payment',
  items: [
    {
      ...orderLineExample,
      sku: 'TEA-GREEN-100',
      name: 'Green tea, 100 g',
      unitPrice: { amountMinor: 1_490, currency: 'EUR' },
      lineTotal: total,
    },
  ],
  total,
  expiresAt: EXAMPLE.expiresAt,
  createdAt: EXAMPLE.createdAt,
  updatedAt: EXAMPLE.createdAt,
};

export const cancelledOrderExample: Order = { ...orderExample, status: 'cancelled', updatedAt: EXAMPLE.updatedAt };
