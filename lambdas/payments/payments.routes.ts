import * as z from 'zod';
import { defineRoutes, READ_LIMIT, WRITE_LIMIT } from '../shared/contract.ts';
import { EXAMPLE } from '../shared/examples.ts';
import { chargeableSchema } from '../shared/money.ts';
import { commonProblems } from '../shared/problem.ts';
import { multilineText, text, uuidSchema } from '../shared/text.ts';
import { paymentMethodSchema, paymentSchema, refundSchema } from './payment.ts';
import { paymentProblems } from './payments.errors.ts';
import { newRefundExample, paymentExample, refundExample, webhookExample } from './payments.examples.ts';

const params = z.object({ id: uuidSchema });
const paymentResponse = z.object({ payment: paymentSchema }).meta({ id: 'PaymentResponse' });

export const paymentRoutes = defineRoutes({
  payOrder: {
    operationId: 'payOrder',
    summary: 'Pays an order. `processing` means that the outcome is not known yet: retrieve the payment again.',
    method: 'POST',
    path: '/payments',
    caller: 'user',
    body: z.strictObject({ orderId: uuidSchema, paymentMethod: paymentMethodSchema }),
    example: { orderId: EXAMPLE.orderId, paymentMethod: { type: 'card', token: 'tok_approved' } },
    responses: {
      201: {
        description: 'The payment: captured, processing, or waiting for `nextAction`.',
        example: { payment: paymentExample },
        body: paymentResponse,
      },
    },
    problems: [
      paymentProblems.PAYMENT_DECLINED,
      paymentProblems.ORDER_NOT_FOUND,
      paymentProblems.ORDER_ALREADY_PAID,
      paymentProblems.ORDER_NOT_PAYABLE,
      paymentProblems.PAYMENT_IN_PROGRESS,
    ],
    idempotent: true,
    limit: WRITE_LIMIT,
  },
  getPayment: {
    operationId: 'getPayment',
    summary: "One of the caller's payments.",
    method: 'GET',
    path: '/payments/{id}',
    caller: 'user',
    params,
    responses: { 200: { description: 'The payment.', example: { payment: paymentExample }, body: paymentResponse } },
    problems: [commonProblems.NOT_FOUND],
    limit: READ_LIMIT,
  },
  refundPayment: {
    operationId: 'refundPayment',
    summary: 'Refunds `amount`, or the remaining amount. For administrators.',
    method: 'POST',
    path: '/payments/{id}/refunds',
    caller: 'admin',
    params,
    body: z.strictObject({ amount: chargeableSchema.optional(), reason: multilineText(1, 500).optional() }),
    example: newRefundExample,
    responses: {
      201: {
        description: 'The refund, processing.',
        example: { refund: refundExample },
        body: z.object({ refund: refundSchema }).meta({ id: 'RefundResponse' }),
      },
    },
    problems: [commonProblems.NOT_FOUND, paymentProblems.REFUND_EXCEEDS_CAPTURE, paymentProblems.PAYMENT_NOT_CAPTURED],
    idempotent: true,
    limit: WRITE_LIMIT,
  },
  receiveWebhook: {
    operationId: 'receiveWebhook',
    summary: 'Receives provider events about charges. Each event takes effect once.',
    method: 'POST',
    path: '/payments/webhooks/{provider}',
    caller: 'provider',
    params: z.object({ provider: text(1, 40) }),
    headers: z.object({
      'throughline-signature': text(0, 500)
        .optional()
        .meta({ description: 't=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">' }),
    }),
    body: z.looseObject({}),
    example: webhookExample,
    responses: {
      200: {
        description: 'The event is received.',
        example: { received: true },
        body: z.object({ received: z.literal(true) }).meta({ id: 'WebhookResponse' }),
      },
    },
    problems: [commonProblems.NOT_FOUND, paymentProblems.BAD_SIGNATURE],
    limit: WRITE_LIMIT,
  },
});
