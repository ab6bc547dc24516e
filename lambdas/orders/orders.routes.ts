import * as z from 'zod';
import { defineRoutes, READ_LIMIT, WRITE_LIMIT } from '../shared/contract.ts';
import { pageOf, pageQuerySchema } from '../shared/cursor.ts';
import { pageExample } from '../shared/examples.ts';
import { commonProblems } from '../shared/problem.ts';
import { uuidSchema } from '../shared/text.ts';
import { MAX_LINES, orderLineSchema, orderSchema } from './order.ts';
import { orderProblems } from './orders.errors.ts';
import { cancelledOrderExample, orderExample, orderLineExample } from './orders.examples.ts';

const params = z.object({ id: uuidSchema });
const orderResponse = z.object({ order: orderSchema }).meta({ id: 'OrderResponse' });

export const orderRoutes = defineRoutes({
  placeOrder: {
    operationId: 'placeOrder',
    summary: 'Places an order and reserves its stock until `expiresAt`.',
    method: 'POST',
    path: '/orders',
    caller: 'user',
    body: z.strictObject({ items: z.array(orderLineSchema).min(1).max(MAX_LINES) }),
    example: { items: [orderLineExample] },
    responses: {
      201: { description: 'The order, awaiting payment.', example: { order: orderExample }, body: orderResponse },
    },
    problems: [orderProblems.OUT_OF_STOCK, orderProblems.MIXED_CURRENCIES],
    idempotent: true,
    limit: WRITE_LIMIT,
  },
  listOrders: {
    operationId: 'listOrders',
    summary: "The caller's orders, newest first.",
    method: 'GET',
    path: '/orders',
    caller: 'user',
    query: pageQuerySchema,
    responses: {
      200: { description: 'A page of orders.', example: pageExample(orderExample), body: pageOf(orderSchema) },
    },
    limit: READ_LIMIT,
  },
  getOrder: {
    operationId: 'getOrder',
    summary: "One of the caller's orders.",
    method: 'GET',
    path: '/orders/{id}',
    caller: 'user',
    params,
    responses: { 200: { description: 'The order.', example: { order: orderExample }, body: orderResponse } },
    problems: [commonProblems.NOT_FOUND],
    limit: READ_LIMIT,
  },
  cancelOrder: {
    operationId: 'cancelOrder',
    summary: 'Cancels an unpaid order and releases its stock. Cancelling again returns the cancelled order.',
    method: 'POST',
    path: '/orders/{id}/cancel',
    caller: 'user',
    params,
    responses: {
      200: { description: 'The cancelled order.', example: { order: cancelledOrderExample }, body: orderResponse },
    },
    problems: [commonProblems.NOT_FOUND, orderProblems.ORDER_NOT_CANCELLABLE],
    limit: WRITE_LIMIT,
  },
});
