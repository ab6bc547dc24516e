import { PIN_ACCESS } from '../cache/pins.ts';
import { defineService } from '../shared/service.ts';
import { orderEvents } from './orders.events.ts';
import { orderRoutes } from './orders.routes.ts';

/** Places orders, reserves their stock until they are paid, and settles them when payments are captured. */
export const ordersService = defineService({
  name: 'orders',
  folder: 'orders',
  routes: orderRoutes,
  events: orderEvents,
  database: { schema: 'orders' },
  cache: PIN_ACCESS,
  queues: { 'order-events': { events: ['payment.captured', 'payment.refunded'] } },
  functions: {
    orders: {
      kind: 'api',
      handler: 'orders.handler.ts',
      description: 'Orders: place, list, read, cancel',
      database: true,
      cache: true,
      publishes: ['order.placed', 'order.cancelled'],
    },
    'order-events': {
      kind: 'worker',
      handler: 'order-events.handler.ts',
      description: 'Moves orders on when payments are captured or refunded',
      database: true,
      consumes: 'order-events',
      publishes: ['order.paid', 'order.refunded', 'order.capture_refused'],
    },
    'expire-orders': {
      kind: 'job',
      handler: 'expire-orders.handler.ts',
      description: 'Expires unpaid orders and releases their stock',
      database: true,
      publishes: ['order.expired'],
    },
  },
});
