import { PIN_ACCESS } from '../cache/pins.ts';
import { defineService } from '../shared/service.ts';
import { paymentEvents } from './payments.events.ts';
import { paymentRoutes } from './payments.routes.ts';

/** Charges orders through a payment provider, receives its webhooks, and refunds. */
export const paymentsService = defineService({
  name: 'payments',
  folder: 'payments',
  routes: paymentRoutes,
  events: paymentEvents,
  database: { schema: 'payments', reads: ['orders.payable_orders'] },
  cache: PIN_ACCESS,
  queues: { 'payment-events': { events: ['refund.requested', 'order.capture_refused'] } },
  functions: {
    payments: {
      kind: 'api',
      handler: 'payments.handler.ts',
      description: 'Payments: pay, read, refund; webhooks of the provider',
      database: true,
      cache: true,
      publishes: ['payment.captured', 'payment.action_required', 'payment.declined', 'refund.requested'],
    },
    'payment-events': {
      kind: 'worker',
      handler: 'payment-events.handler.ts',
      description: 'Refunds through the provider',
      database: true,
      consumes: 'payment-events',
      publishes: ['refund.requested', 'payment.refunded'],
    },
    'reconcile-payments': {
      kind: 'job',
      handler: 'reconcile-payments.handler.ts',
      description: 'Asks the provider about payments without an outcome and republishes lost events',
      database: true,
      publishes: ['payment.captured', 'payment.action_required', 'payment.declined'],
    },
  },
});
