import * as z from 'zod';
import { defineEvents } from '../shared/event.ts';
import { moneySchema } from '../shared/money.ts';

const paymentSnapshot = z.object({
  paymentId: z.uuid(),
  orderId: z.uuid(),
  userId: z.uuid(),
  amount: moneySchema,
});

export const paymentEvents = defineEvents({
  'payment.captured': paymentSnapshot,
  'payment.action_required': paymentSnapshot,
  'payment.declined': paymentSnapshot,
  'refund.requested': z.object({ refundId: z.uuid(), paymentId: z.uuid() }),
  /** `refunded` is the sum of all refunds of the payment so far. */
  'payment.refunded': paymentSnapshot.extend({ refunded: moneySchema }),
});
