import * as z from 'zod';
import { orderEvents } from '../../orders/orders.events.ts';
import { paymentEvents } from '../../payments/payments.events.ts';
import type { EventOf } from '../../shared/event.ts';
import { formatMoney } from '../../shared/money-format.ts';
import { timestampSchema, uuidSchema } from '../../shared/text.ts';

export const notificationSchema = z
  .object({
    id: uuidSchema,
    kind: z.string(),
    title: z.string(),
    orderId: uuidSchema.nullable(),
    readAt: timestampSchema.nullable(),
    createdAt: timestampSchema,
  })
  .meta({ id: 'Notification' });
export type Notification = z.output<typeof notificationSchema>;

/** The events that a notification may be about. */
export const notifiableEvents = { ...orderEvents, ...paymentEvents };

/** The title of the notification for an event, or undefined for an event without one. */
export function titleOf(event: EventOf<typeof notifiableEvents>): string | undefined {
  switch (event.type) {
    case 'order.placed':
      return `Your order for ${formatMoney(event.payload.total)} is placed.`;
    case 'order.paid':
      return `Your order for ${formatMoney(event.payload.total)} is paid.`;
    case 'order.cancelled':
      return 'Your order is cancelled.';
    case 'order.expired':
      return 'Your order was not paid in time and has expired.';
    case 'order.refunded':
      return 'Your order is refunded.';
    case 'payment.declined':
      return 'Your card was declined.';
    case 'payment.refunded':
      return `${formatMoney(event.payload.refunded)} of your payment was refunded.`;
    default:
      return undefined;
  }
}
