import { PIN_ACCESS } from '../../cache/pins.ts';
import { defineService } from '../../shared/service.ts';
import { notificationRoutes } from './notifications.routes.ts';

/** Notifications in the storefront: the API that lists them and the worker that writes them. */
export const notificationsService = defineService({
  name: 'notifications',
  folder: 'workers/notifications',
  routes: notificationRoutes,
  database: { schema: 'notifications' },
  cache: PIN_ACCESS,
  queues: {
    notifications: {
      events: [
        'order.placed',
        'order.paid',
        'order.cancelled',
        'order.expired',
        'order.refunded',
        'payment.declined',
        'payment.refunded',
      ],
    },
  },
  functions: {
    notifications: {
      kind: 'api',
      handler: 'notifications.handler.ts',
      description: 'Notifications: list, mark as read',
      database: true,
      cache: true,
    },
    'notification-worker': {
      kind: 'worker',
      handler: 'notification-worker.handler.ts',
      description: 'Writes notifications',
      database: true,
      consumes: 'notifications',
    },
  },
});
