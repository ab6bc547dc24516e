import { EXAMPLE } from '../shared/examples.ts';
import type { Payment, Refund } from './payment.ts';

export const paymentExample: Payment = {
  id: EXAMPLE.paymentId,
  orderId: EXAMPLE.orderId,
  status: 'captured',
  amount: { amountMinor: 2_980, currency: 'EUR' },
  refunded: { amountMinor: 0, currency: 'EUR' },
  nextAction: null,
  createdAt: EXAMPLE.updatedAt,
};

export const newRefundExample = {
  amount: { amountMinor: 1_490, currency: 'EUR' },
  reason: 'One of two was damaged.',
} as const;

export const refundExample: Refund = {
  id: EXAMPLE.refundId,
  paymentId: EXAMPLE.paymentId,
  status: 'processing',
  ...newRefundExample,
  createdAt: '2026-03-04T14:05:00.000Z',
};

export const webhookExample = {
  id: 'evt_0001',
  type: 'charge.succeeded',
  charge: {
    id: '01988a1d-3b00-7a80-9000-b284ad756108',
    idempotencyKey: EXAMPLE.paymentId,
    status: 'succeeded',
    declineCode: null,
    actionUrl: null,
  },
};
