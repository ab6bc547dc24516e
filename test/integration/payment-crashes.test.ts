import { afterAll, describe, expect, test } from '@jest/globals';
import { type PaymentDependencies, type PayOrderInput, payOrder } from '../../lambdas/payments/pay-order.ts';
import { reconcileUnfinishedPayments } from '../../lambdas/payments/reconcile-payments.ts';
import { brokenInvariants } from '../support/invariants.ts';
import {
  chargeWithoutWebhook,
  closeAll,
  pay,
  payer,
  payers,
  paymentsOf,
  provider,
  unpaidOrder,
} from '../support/payer.ts';
import { eventually, rows } from '../support/platform.ts';

afterAll(closeAll);

const beforeTheCharge = () => Promise.reject(new Error('the process died'));
const afterTheCharge: typeof provider.charge = async (request) => {
  await chargeWithoutWebhook(request);
  return beforeTheCharge();
};

/** A payment whose process crashes at the charge. */
async function dyingPayment(charge: typeof provider.charge, token = 'tok_approved') {
  const { userId, orderId } = await unpaidOrder();
  const input: PayOrderInput = {
    userId,
    orderId,
    idempotencyKey: crypto.randomUUID(),
    paymentMethod: { type: 'card', token },
    requestId: 'r',
  };
  await expect(payOrder({ ...payer, provider: { ...provider, charge } }, input)).rejects.toThrow('the process died');
  return input;
}

const long = `now() - interval '2 minutes'`;
const agePayment = ({ orderId }: PayOrderInput) =>
  rows(`UPDATE payments.payments SET created_at = ${long}, updated_at = ${long} WHERE order_id = $1`, [orderId]);
const age = async (input: PayOrderInput) => {
  await agePayment(input);
  await rows(`UPDATE payments.idempotency_keys SET created_at = ${long} WHERE key = $1`, [input.idempotencyKey]);
};
const statusesOf = async ({ orderId }: PayOrderInput) => (await paymentsOf(orderId)).map(({ status }) => status);
const chargesOf = ({ orderId }: PayOrderInput) =>
  rows(
    `SELECT c.status FROM sandbox.charges c JOIN payments.payments p ON p.id::text = c.idempotency_key
     WHERE p.order_id = $1 ORDER BY p.id`,
    [orderId],
  );
/** The deployed job may have claimed the payment first, so its outcome is waited for. */
const reconciled = async (input: PayOrderInput) => {
  await reconcileUnfinishedPayments(payer);
  await eventually(async () => !(await statusesOf(input)).includes('processing'));
};

describe('a payment whose process crashed', () => {
  test('before the charge is resumed by a retry with the same key after the grace period', async () => {
    const input = await dyingPayment(beforeTheCharge);
    await expect(payOrder(payer, input)).rejects.toMatchObject({ kind: { code: 'REQUEST_IN_PROGRESS' } });
    await age(input);
    expect((await payOrder(payer, input)).payment.status).toBe('captured');
    expect(await statusesOf(input)).toEqual(['captured']);
  });

  test('before the charge does not block its order permanently', async () => {
    const input = await dyingPayment(beforeTheCharge);
    await expect(pay(0, input.userId, input.orderId)).rejects.toMatchObject({ kind: { code: 'PAYMENT_IN_PROGRESS' } });
    await age(input);
    expect((await pay(0, input.userId, input.orderId)).payment.status).toBe('captured');
    expect(await statusesOf(input)).toEqual(['declined', 'captured']);
  });

  test('is charged at most once when ten callers resume it while ten others reconcile it', async () => {
    const input = await dyingPayment(beforeTheCharge);
    await age(input);
    const each = (deps: PaymentDependencies) => [
      payOrder(deps, input),
      payOrder(deps, { ...input, idempotencyKey: crypto.randomUUID() }),
    ];
    await Promise.allSettled(payers.flatMap(each));
    const statuses = await statusesOf(input);
    expect(statuses.filter((status) => status === 'captured')).toHaveLength(1);
    expect(await chargesOf(input)).toEqual(
      statuses.map((status) => ({ status: status === 'captured' ? 'succeeded' : status })),
    );
    expect(await brokenInvariants()).toEqual({});
  });

  test('cannot be charged by a late request after it was voided', async () => {
    const input = await dyingPayment(beforeTheCharge);
    await age(input);
    await reconciled(input);
    expect(await statusesOf(input)).toEqual(['declined']);
    const [{ id: paymentId = '' } = {}] = await paymentsOf(input.orderId);
    const late = await provider.charge({
      paymentId,
      amount: { amountMinor: 1500, currency: 'EUR' },
      token: 'tok_approved',
    });
    expect(late).toMatchObject({ status: 'declined', declineCode: 'never_charged' });
  });

  test('after the charge is reconciled as captured, even if its webhook is lost', async () => {
    const input = await dyingPayment(afterTheCharge);
    await age(input);
    await Promise.all(payers.map((deps) => reconcileUnfinishedPayments(deps)));
    await reconciled(input);
    expect(await statusesOf(input)).toEqual(['captured']);
  });

  test('answers a retry with the same key at once when it was completed since', async () => {
    const input = await dyingPayment(afterTheCharge);
    await agePayment(input);
    await reconciled(input);
    const retries = await Promise.all(payers.map((deps) => payOrder(deps, input)));
    for (const { payment, replayed } of retries) expect([payment.status, replayed]).toEqual(['captured', true]);
    const refused = await dyingPayment((request) => provider.charge(request).then(beforeTheCharge), 'tok_declined');
    await agePayment(refused);
    await reconciled(refused);
    await expect(payOrder(payer, refused)).rejects.toMatchObject({ kind: { code: 'PAYMENT_DECLINED' } });
    expect(await chargesOf(input)).toEqual([{ status: 'succeeded' }]);
  });

  test('is first reconciled after one minute and then at growing intervals', async () => {
    const input = await dyingPayment(beforeTheCharge, 'tok_requires_action');
    const asked = async () =>
      (await rows('SELECT asked_at FROM payments.payments WHERE order_id = $1', [input.orderId]))[0]?.asked_at;
    await reconcileUnfinishedPayments(payer);
    expect(await asked()).toBeNull();
    await age(input);
    const silent = { ...payer, provider: { ...provider, retrieveOrVoid: async () => undefined } };
    await reconcileUnfinishedPayments(silent);
    const first = await asked();
    expect(first).not.toBeNull();
    await reconcileUnfinishedPayments(silent);
    expect(await asked()).toEqual(first);
  });
});
