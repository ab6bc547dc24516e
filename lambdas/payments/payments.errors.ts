import * as z from 'zod';
import { moneySchema } from '../shared/money.ts';
import { defineProblems } from '../shared/problem.ts';
import { uuidSchema } from '../shared/text.ts';
import { nextActionSchema, paymentStatusSchema } from './payment.ts';

export const paymentProblems = defineProblems({
  ORDER_NOT_FOUND: { status: 404, title: 'The caller has no order with this id.' },
  ORDER_ALREADY_PAID: { status: 409, title: 'The order is already paid.' },
  ORDER_NOT_PAYABLE: { status: 409, title: 'The order is cancelled or expired.' },
  PAYMENT_IN_PROGRESS: {
    status: 409,
    title: 'Another payment of this order is in progress.',
    members: z.object({ paymentId: uuidSchema, nextAction: nextActionSchema.nullable() }),
  },
  PAYMENT_DECLINED: {
    status: 402,
    title: 'The card was declined. Try another payment method.',
    members: z.object({ paymentId: uuidSchema, declineCode: z.string().nullable() }),
  },
  REFUND_EXCEEDS_CAPTURE: {
    status: 409,
    title: 'The refund exceeds the refundable amount.',
    members: z.object({ refundable: moneySchema }),
  },
  PAYMENT_NOT_CAPTURED: {
    status: 409,
    title: 'The payment is not captured.',
    members: z.object({ paymentStatus: paymentStatusSchema }),
  },
  BAD_SIGNATURE: { status: 400, title: 'The signature does not match the body or is too old.' },
});
