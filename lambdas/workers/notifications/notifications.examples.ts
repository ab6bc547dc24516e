import { EXAMPLE } from '../../shared/examples.ts';
import type { Notification } from './notification.ts';

export const notificationExample: Notification = {
  id: EXAMPLE.notificationId,
  kind: 'order.paid',
  title: 'Your order for 29.80 EUR is paid.',
  orderId: EXAMPLE.orderId,
  readAt: null,
  createdAt: EXAMPLE.updatedAt,
};

export const readNotificationExample: Notification = { ...notificationExample, readAt: '2026-03-02T09:45:00.000Z' };
