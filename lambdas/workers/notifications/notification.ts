import * as z from 'zod';
import type { DomainEvent } from '../../queue/events.ts';
import { formatMoney } from '../../shared/money-format.ts';
import { timestampSchema, uuidSchema } from '../../shared/text.ts';

export const notificationSchema = z.object({
  id: uuidSchema,
  kind: z.string(),
  title: z.string(),
  orderId: uuidSchema.nullable(),
  readAt: timestampSchema.nullable(),
  createdAt: timestampSchema,
});
export type Notification = z.output<typeof notificationSchema>;

/** What a user is told of an event; undefined for one that is nothing to tell. */
export function titleOf(event: DomainEvent): string | undefined {
  switch (event.type) {
    case 'order.placed':
      return `Your order over ${formatMoney(event.payload.total)} is placed.`;
    case 'order.paid':
      return `Your order over ${formatMoney(event.payload.total)} is paid.`;
    case 'order.cancelled':
      return 'Your order is cancelled.';
    case 'order.expired':
      return 'Your order was not paid in time and has expired.';
    case 'order.refunded':
      return 'Your order is refunded.';
    case 'payment.declined':
      return 'Your card was declined.';
    case 'payment.refunded':
      return `${formatMoney(event.payload.refunded)} of your payment are on their way back to you.`;
    default:
      return undefined;
  }
}
