import { afterAll, describe, expect, test } from '@jest/globals';
import { cancelOrder } from '../../lambdas/orders/cancel-order.ts';
import { settleOrder } from '../../lambdas/orders/settle-order.ts';
import { payOrder } from '../../lambdas/payments/pay-order.ts';
import { republishLostEvents } from '../../lambdas/payments/payments.repository.ts';
import { handlePaymentEvent, requestRefund } from '../../lambdas/payments/refund-payment.ts';
import type { DomainEvent } from '../support/events.ts';
import { makeUser } from '../support/factories.ts';
import { brokenInvariants } from '../support/invariants.ts';
import {
  chargeWithoutWebhook,
  closeAll,
  databases,
  eventOf,
  orderDeps,
  orders,
  payer,
  paymentsOf,
  provider,
  publish,
  unpaidOrder,
} from '../support/payer.ts';
import { rows } from '../support/platform.ts';

afterAll(closeAll);

/** Marks the event as published five minutes ago although it was not consumed. */
const lose = ({ id }: DomainEvent) =>
  rows(`UPDATE queue.outbox SET published_at = now() - interval '5 minutes' WHERE id = $1`, [id]);
const isToBeSent = async ({ id }: DomainEvent) =>
  (await rows('SELECT FROM queue.outbox WHERE id = $1 AND published_at IS NULL', [id])).length === 1;
const statusOf = async (orderId: string) =>
  (await rows('SELECT status FROM orders.orders WHERE id = $1', [orderId]))[0]?.status;

/** Marks the event as published so that the deployed relay does not publish it. The test delivers it. */
const keep = ({ id }: DomainEvent) => rows('UPDATE queue.outbox SET published_at = now() WHERE id = $1', [id]);

/** A captured payment whose event the order service has not consumed. */
async function captured(
  work: (paid: { orderId: string; paymentId: string; event: DomainEvent<'payment.captured'> }) => Promise<void>,
) {
  const { userId, orderId } = await unpaidOrder();
  const { payment } = await payOrder(
    { ...payer, provider: { ...provider, charge: chargeWithoutWebhook } },
    {
      userId,
      orderId,
      idempotencyKey: crypto.randomUUID(),
      paymentMethod: { type: 'card', token: 'tok_approved' },
      requestId: 'r',
    },
  );
  const event = await eventOf('payment.captured', payment.id);
  await keep(event);
  await work({ orderId, paymentId: payment.id, event });
}

describe('a lost event', () => {
  test('payment.captured is republished until its order is paid', () =>
    captured(async ({ orderId, event }) => {
      await lose(event);
      await payer.database.write(republishLostEvents);
      expect(await isToBeSent(event)).toBe(true);
      await settleOrder(orders, publish, event);
      expect(await statusOf(orderId)).toBe('paid');
      await lose(event);
      await payer.database.write(republishLostEvents);
      expect(await isToBeSent(event)).toBe(false);
    }));

  test('order.capture_refused is republished when payment.captured is redelivered', () =>
    captured(async ({ orderId, paymentId, event }) => {
      await cancelOrder(orderDeps, event.payload.userId, orderId);
      await settleOrder(orders, publish, event);
      const refusal = await eventOf('order.capture_refused', paymentId);
      await lose(refusal);
      await settleOrder(orders, publish, event);
      expect(await isToBeSent(refusal)).toBe(true);
    }));

  test('refund.requested is republished until the refund is made', () =>
    captured(async ({ paymentId }) => {
      const input = { adminId: await makeUser(), idempotencyKey: crypto.randomUUID(), paymentId };
      await requestRefund(payer.database, publish, input);
      const requested = await eventOf('refund.requested', paymentId);
      await lose(requested);
      await payer.database.write(republishLostEvents);
      expect(await isToBeSent(requested)).toBe(true);
      await handlePaymentEvent(payer.database, provider, publish, requested);
      await lose(requested);
      await payer.database.write(republishLostEvents);
      expect(await isToBeSent(requested)).toBe(false);
    }));
});

describe('events out of order', () => {
  test('a full refund that arrives before its capture is rejected and succeeds on redelivery', () =>
    captured(async ({ orderId, paymentId, event }) => {
      const input = { adminId: await makeUser(), idempotencyKey: crypto.randomUUID(), paymentId };
      await requestRefund(payer.database, publish, input);
      await handlePaymentEvent(payer.database, provider, publish, await eventOf('refund.requested', paymentId));
      const refunded = await eventOf('payment.refunded', paymentId);
      await expect(settleOrder(orders, publish, refunded)).rejects.toThrow('not captured yet');
      await settleOrder(orders, publish, event);
      await settleOrder(orders, publish, refunded);
      expect(await statusOf(orderId)).toBe('refunded');
    }));

  test('two concurrent refunds of one half publish a partial and a full refunded amount, each once', () =>
    captured(async ({ orderId, paymentId, event }) => {
      await settleOrder(orders, publish, event);
      const half = { amountMinor: 750, currency: 'EUR' as const };
      const ask = async () =>
        requestRefund(payer.database, publish, {
          adminId: await makeUser(),
          idempotencyKey: crypto.randomUUID(),
          paymentId,
          amount: half,
        });
      const asked = await Promise.all([ask(), ask()]);
      await Promise.all(
        asked.map(async ({ refund }, index) =>
          handlePaymentEvent(
            databases[index] as (typeof databases)[number],
            provider,
            publish,
            await eventOf('refund.requested', refund.id),
          ),
        ),
      );
      const told = await rows<{ refunded: number }>(
        `SELECT (payload->'refunded'->>'amountMinor')::int AS refunded FROM queue.outbox
         WHERE aggregate_id = $1 AND type = 'payment.refunded' ORDER BY refunded`,
        [paymentId],
      );
      expect(told).toEqual([{ refunded: 750 }, { refunded: 1500 }]);
      expect((await paymentsOf(orderId))[0]?.status).toBe('refunded');
      expect(await brokenInvariants()).toEqual({});
    }));
});

test('the provider charges an order above the highest price of one product', async () => {
  const outcome = await provider.charge({
    paymentId: crypto.randomUUID(),
    amount: { amountMinor: 50_000_000_000, currency: 'EUR' },
    token: 'tok_approved',
  });
  expect(outcome).toMatchObject({ status: 'captured' });
});
