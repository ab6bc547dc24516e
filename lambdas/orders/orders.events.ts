import * as z from 'zod';
import { defineEvents } from '../shared/event.ts';
import { moneySchema } from '../shared/money.ts';

const orderSnapshot = z.object({
  orderId: z.uuid(),
  userId: z.uuid(),
  total: moneySchema,
  productIds: z.array(z.uuid()),
  items: z.array(z.object({ name: z.string(), quantity: z.int(), lineTotal: moneySchema })),
});

export const orderEvents = defineEvents({
  'order.placed': orderSnapshot,
  'order.paid': orderSnapshot,
  'order.cancelled': orderSnapshot,
  'order.expired': orderSnapshot,
  'order.refunded': orderSnapshot,
  /** The capture arrived too late. The payments service refunds it. */
  'order.capture_refused': z.object({ orderId: z.uuid(), paymentId: z.uuid(), userId: z.uuid() }),
});
