import { afterAll, describe, expect, test } from '@jest/globals';
import { receiveWebhook } from '../../lambdas/payments/receive-webhook.ts';
import { signWebhook } from '../../lambdas/payments/webhook-signature.ts';
import { makeUser } from '../support/factories.ts';
import {
  closeAll,
  databases,
  pay,
  payer,
  paymentsOf,
  provider,
  publish,
  unpaidOrder,
  webhookSecret,
} from '../support/payer.ts';
import { eventually, rows } from '../support/platform.ts';

afterAll(closeAll);

describe('paying an order', () => {
  test('with 50 concurrent requests captures once', async () => {
    const { userId, orderId } = await unpaidOrder();
    const results = await Promise.allSettled(Array.from({ length: 50 }, (_, index) => pay(index, userId, orderId)));
    expect(results.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
    const refusals = results.flatMap((each) => (each.status === 'rejected' ? [each.reason.kind?.status] : []));
    expect(new Set(refusals)).toEqual(new Set([409]));
    expect((await paymentsOf(orderId)).map((payment) => payment.status)).toEqual(['captured']);
    expect(
      await rows(
        `SELECT count(*)::int AS n FROM sandbox.charges c JOIN payments.payments p ON p.id::text = c.idempotency_key WHERE p.order_id = $1`,
        [orderId],
      ),
    ).toEqual([{ n: 1 }]);
  });

  test('with one key in 20 concurrent requests captures once; the others replay it or get REQUEST_IN_PROGRESS', async () => {
    const { userId, orderId } = await unpaidOrder();
    const key = crypto.randomUUID();
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => pay(index, userId, orderId, 'tok_approved', key)),
    );
    const refusals = results.flatMap((each) => (each.status === 'rejected' ? [each.reason.kind?.code] : []));
    expect(refusals.every((code) => code === 'REQUEST_IN_PROGRESS')).toBe(true);
    const again = await pay(0, userId, orderId, 'tok_approved', key);
    expect(again).toMatchObject({ replayed: true, payment: { status: 'captured' } });
    expect(await paymentsOf(orderId)).toHaveLength(1);
  });

  test('with a declined card returns 402, replays it for the same key, and leaves the order payable', async () => {
    const { userId, orderId } = await unpaidOrder();
    const key = crypto.randomUUID();
    const declined = { kind: { code: 'PAYMENT_DECLINED', status: 402 } };
    await expect(pay(0, userId, orderId, 'tok_declined', key)).rejects.toMatchObject(declined);
    await expect(pay(1, userId, orderId, 'tok_declined', key)).rejects.toMatchObject({
      ...declined,
      details: { headers: { 'idempotency-replayed': 'true' } },
    });
    expect((await pay(2, userId, orderId)).payment.status).toBe('captured');
  });

  test('of another user returns ORDER_NOT_FOUND', async () => {
    const { orderId } = await unpaidOrder();
    await expect(pay(0, await makeUser(), orderId)).rejects.toMatchObject({ kind: { code: 'ORDER_NOT_FOUND' } });
  });

  test('is completed by the webhook when the provider charges and does not answer', async () => {
    const { userId, orderId } = await unpaidOrder();
    const { payment } = await pay(0, userId, orderId, 'tok_timeout_after_charge');
    expect(['processing', 'captured']).toContain(payment.status);
    await eventually(async () => (await paymentsOf(orderId))[0]?.status === 'captured');
  });
});

describe('a webhook', () => {
  test('delivered five times at the same time takes effect once', async () => {
    const { userId, orderId } = await unpaidOrder();
    const { payment } = await pay(0, userId, orderId, 'tok_requires_action');
    expect(payment).toMatchObject({ status: 'requires_action', nextAction: { type: 'redirect' } });
    const charge = {
      id: payment.nextAction?.url.split('/').at(-1),
      idempotencyKey: payment.id,
      status: 'succeeded',
      declineCode: null,
      actionUrl: null,
    };
    const rawBody = JSON.stringify({ id: `evt_${payment.id}`, type: 'charge.succeeded', charge });
    const input = {
      rawBody,
      signature: signWebhook(rawBody, webhookSecret, new Date()),
      now: new Date(),
    };
    await rows(`UPDATE sandbox.charges SET status = 'succeeded' WHERE idempotency_key = $1`, [payment.id]);
    await Promise.all(databases.slice(0, 5).map((database) => receiveWebhook(database, provider, publish, input)));
    expect((await paymentsOf(orderId))[0]?.status).toBe('captured');
    expect(
      await rows(`SELECT count(*)::int AS n FROM queue.outbox WHERE aggregate_id = $1 AND type = 'payment.captured'`, [
        payment.id,
      ]),
    ).toEqual([{ n: 1 }]);
  });

  test('with a wrong signature is rejected', async () => {
    const rawBody = '{}';
    const input = {
      rawBody,
      signature: signWebhook(rawBody, 'a wrong secret of the provider', new Date()),
      now: new Date(),
    };
    await expect(receiveWebhook(payer.database, provider, publish, input)).rejects.toMatchObject({
      kind: { code: 'BAD_SIGNATURE' },
    });
  });
});
