import { afterAll, describe, expect, test } from '@jest/globals';
import { cancelOrder } from '../../lambdas/orders/cancel-order.ts';
import { settleOrder } from '../../lambdas/orders/settle-order.ts';
import { payOrder } from '../../lambdas/payments/pay-order.ts';
import { republishLostEvents } from '../../lambdas/payments/payments.repository.ts';
import { handlePaymentEvent, requestRefund } from '../../lambdas/payments/refund-payment.ts';
import type { DomainEvent } from '../../lambdas/queue/events.ts';
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

/** As if the event had been sent, long ago, and nobody had heard it. */
const lose = ({ id }: DomainEvent) =>
  rows(`UPDATE queue.outbox SET published_at = now() - interval '5 minutes' WHERE id = $1`, [id]);
const isToBeSent = async ({ id }: DomainEvent) =>
  (await rows('SELECT FROM queue.outbox WHERE id = $1 AND published_at IS NULL', [id])).length === 1;
const statusOf = async (orderId: string) =>
  (await rows('SELECT status FROM orders.orders WHERE id = $1', [orderId]))[0]?.status;

/** Keeps the deployed relay from an event: what becomes of it is the test's. */
const keep = ({ id }: DomainEvent) => rows('UPDATE queue.outbox SET published_at = now() WHERE id = $1', [id]);

/** A captured payment whose order nobody has told of it. */
async function captured(work: (paid: { orderId: string; paymentId: string; event: DomainEvent }) => Promise<void>) {
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

describe('a message that got lost', () => {
  test('of a capture is sent again until its order is paid, and then no more', () =>
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

  test('of a capture that its order refused has the refusal sent again', () =>
    captured(async ({ orderId, paymentId, event }) => {
      await cancelOrder(orderDeps, (event.payload as { userId: string }).userId, orderId);
      await settleOrder(orders, publish, event);
      const refusal = await eventOf('order.capture_refused', paymentId);
      await lose(refusal);
      await settleOrder(orders, publish, event);
      expect(await isToBeSent(refusal)).toBe(true);
    }));

  test('of a refund is sent again until it is made', () =>
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

describe('messages in another order', () => {
  test('a full refund that comes before its capture waits for it', () =>
    captured(async ({ orderId, paymentId, event }) => {
      const input = { adminId: await makeUser(), idempotencyKey: crypto.randomUUID(), paymentId };
      await requestRefund(payer.database, publish, input);
      await handlePaymentEvent(payer.database, provider, publish, await eventOf('refund.requested', paymentId));
      const refunded = await eventOf('payment.refunded', paymentId);
      await expect(settleOrder(orders, publish, refunded)).rejects.toThrow('not heard of its capture');
      await settleOrder(orders, publish, event);
      await settleOrder(orders, publish, refunded);
      expect(await statusOf(orderId)).toBe('refunded');
    }));

  test('two refunds made at once tell what was given back, each once: a part, then all', () =>
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

test('an order of more than one product may cost can be charged', async () => {
  const outcome = await provider.charge({
    paymentId: crypto.randomUUID(),
    amount: { amountMinor: 50_000_000_000, currency: 'EUR' },
    token: 'tok_approved',
  });
  expect(outcome).toMatchObject({ status: 'captured' });
});
