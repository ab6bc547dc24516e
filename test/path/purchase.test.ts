import { beforeAll, describe, expect, test } from '@jest/globals';
import { makeProduct } from '../support/factories.ts';
import { brokenInvariants } from '../support/invariants.ts';
import { rows } from '../support/platform.ts';
import { admin, call, mailsTo, mailTo, Shopper } from '../support/shopper.ts';

/** Covers every hop, from sign-up to the mail in the mailbox. */
describe('a purchase', () => {
  let shopper: Shopper;
  beforeAll(async () => {
    shopper = await Shopper.signUp();
  });

  test('takes two calls, the order becomes paid, and the receipt is mailed', async () => {
    const { body: list } = await call('GET', '/products?limit=100');
    expect(list.items[0]).toEqual({
      id: expect.any(String),
      sku: expect.any(String),
      name: expect.any(String),
      description: expect.any(String),
      price: { amountMinor: expect.any(Number), currency: 'EUR' },
      available: expect.any(Number),
      version: expect.any(Number),
    });
    const productId = await makeProduct(3, 1_990);
    const placed = await shopper.placeOrder([{ productId, quantity: 2 }]);
    expect(placed).toMatchObject({
      status: 201,
      body: { order: { status: 'awaiting_payment', total: { amountMinor: 3_980, currency: 'EUR' } } },
    });
    const paid = await shopper.pay(placed.body.order.id);
    expect(paid).toMatchObject({
      status: 201,
      body: { payment: { status: 'captured', nextAction: null, refunded: { amountMinor: 0 } } },
    });
    await shopper.orderWithStatus(placed.body.order.id, 'paid');
    const receipt = await mailTo(shopper.email, 'Receipt');
    expect(receipt.text).toContain('39.80 EUR');
    expect(await rows('SELECT on_hand, reserved FROM catalog.stock WHERE product_id = $1', [productId])).toEqual([
      { on_hand: 1, reserved: 0 },
    ]);
    expect((await call('GET', `/products/${productId}`)).body.product.available).toBe(1);
  });

  test('notifies the buyer of each step', async () => {
    const { order } = (await shopper.placeOrder([{ productId: await makeProduct(1), quantity: 1 }])).body;
    await shopper.call('POST', `/orders/${order.id}/cancel`);
    await mailTo(shopper.email, `Order ${order.id.slice(-8).toUpperCase()} is received`);
    await mailTo(shopper.email, `Order ${order.id.slice(-8).toUpperCase()} is cancelled`);
    const { body } = await shopper.call('GET', '/notifications?limit=100');
    expect(body.items.map((each) => each.kind)).toEqual(expect.arrayContaining(['order.placed', 'order.cancelled']));
    const read = await shopper.call('POST', `/notifications/${body.items[0]?.id}/read`);
    expect(read.body.notification.readAt).not.toBeNull();
  });

  test('with a declined card returns 402, mails the buyer, and the order can still be paid', async () => {
    const { order } = (await shopper.placeOrder([{ productId: await makeProduct(1), quantity: 1 }])).body;
    expect(await shopper.pay(order.id, 'tok_declined')).toMatchObject({
      status: 402,
      body: { code: 'PAYMENT_DECLINED', declineCode: 'card_declined', paymentId: expect.any(String) },
    });
    await mailTo(shopper.email, `Your payment for order ${order.id.slice(-8).toUpperCase()} did not go through`);
    expect((await shopper.pay(order.id)).status).toBe(201);
    await shopper.orderWithStatus(order.id, 'paid');
    expect(await shopper.pay(order.id)).toMatchObject({ status: 409, body: { code: 'ORDER_ALREADY_PAID' } });
    expect(await shopper.call('POST', `/orders/${order.id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'ORDER_NOT_CANCELLABLE', orderStatus: 'paid' },
    });
  });

  test('that requires action by the card holder is paid after the approval', async () => {
    const { order } = (await shopper.placeOrder([{ productId: await makeProduct(1), quantity: 1 }])).body;
    const { payment } = (await shopper.pay(order.id, 'tok_requires_action')).body;
    expect(payment.status).toBe('requires_action');
    const challenge = payment.nextAction?.url as string;
    const page = await fetch(challenge);
    expect(page.headers.get('content-type')).toContain('text/html');
    const answer = await fetch(challenge, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"outcome":"approve"}',
    });
    expect(answer.status).toBe(200);
    await shopper.orderWithStatus(order.id, 'paid');
  });

  test('is paid when the provider is slow or charges without answering', async () => {
    const products = [await makeProduct(1), await makeProduct(1)];
    const placed = await Promise.all(products.map((productId) => shopper.placeOrder([{ productId, quantity: 1 }])));
    const [slow, silent] = placed.map(({ body }) => body.order.id) as [string, string];
    const [one, two] = await Promise.all([
      shopper.pay(slow, 'tok_slow'),
      shopper.pay(silent, 'tok_timeout_after_charge'),
    ]);
    expect([one.status, two.status]).toEqual([201, 201]);
    await shopper.orderWithStatus(slow, 'paid');
    await shopper.orderWithStatus(silent, 'paid');
  });

  test('can be refunded only by an administrator', async () => {
    const { order } = (await shopper.placeOrder([{ productId: await makeProduct(1, 1_000), quantity: 1 }])).body;
    const { payment } = (await shopper.pay(order.id)).body;
    await shopper.orderWithStatus(order.id, 'paid');
    const refund = { body: { amount: { amountMinor: 400, currency: 'EUR' } }, headers: { 'idempotency-key': 'one' } };
    expect(await shopper.call('POST', `/payments/${payment.id}/refunds`, refund)).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN' },
    });
    const boss = await admin();
    expect(
      await boss.call('POST', `/payments/${payment.id}/refunds`, {
        ...refund,
        headers: { 'idempotency-key': crypto.randomUUID() },
      }),
    ).toMatchObject({ status: 201, body: { refund: { amount: { amountMinor: 400 } } } });
    const tooMuch = {
      body: { amount: { amountMinor: 601, currency: 'EUR' } },
      headers: { 'idempotency-key': crypto.randomUUID() },
    };
    expect(await boss.call('POST', `/payments/${payment.id}/refunds`, tooMuch)).toMatchObject({
      status: 409,
      body: { code: 'REFUND_EXCEEDS_CAPTURE' },
    });
    await boss.call('POST', `/payments/${payment.id}/refunds`, {
      body: {},
      headers: { 'idempotency-key': crypto.randomUUID() },
    });
    await shopper.orderWithStatus(order.id, 'refunded');
    expect((await shopper.call('GET', `/payments/${payment.id}`)).body.payment).toMatchObject({
      status: 'refunded',
      refunded: { amountMinor: 1_000 },
    });
  });

  test('replays the first response for a repeated key and rejects the key with another body', async () => {
    const productId = await makeProduct(5);
    const key = crypto.randomUUID();
    const first = await shopper.placeOrder([{ productId, quantity: 1 }], key);
    const second = await shopper.placeOrder([{ productId, quantity: 1 }], key);
    expect(second).toMatchObject({ status: first.status, body: first.body });
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await shopper.placeOrder([{ productId, quantity: 2 }], key)).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
  });

  test('is invisible to other users', async () => {
    const { order } = (await shopper.placeOrder([{ productId: await makeProduct(1), quantity: 1 }])).body;
    const other = await Shopper.signUp();
    for (const [method, path] of [
      ['GET', `/orders/${order.id}`],
      ['POST', `/orders/${order.id}/cancel`],
    ] as const) {
      expect(await other.call(method, path)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    }
    expect((await other.pay(order.id)).status).toBe(404);
    expect((await other.call('GET', '/orders')).body.items).toEqual([]);
  });

  test('sends each mail once', async () => {
    const subjects = (await mailsTo(shopper.email)).map((mail) => mail.subject);
    expect(new Set(subjects).size).toBe(subjects.length);
  });
});

describe('under concurrent requests', () => {
  test('20 buyers of a stock of 5 place 5 orders', async () => {
    const productId = await makeProduct(5);
    const shopper = await Shopper.signUp();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => shopper.placeOrder([{ productId, quantity: 1 }])),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(
      refused.every(
        ({ status, body }) => status === 409 && body.code === 'OUT_OF_STOCK' && body.productId === productId,
      ),
    ).toBe(true);
  });

  test('50 payments of one order capture once', async () => {
    const shopper = await Shopper.signUp();
    const { order } = (await shopper.placeOrder([{ productId: await makeProduct(1), quantity: 1 }])).body;
    const answers = await Promise.all(Array.from({ length: 50 }, () => shopper.pay(order.id)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(49);
  });

  test('200 requests all succeed', async () => {
    const shopper = await Shopper.signUp();
    const productId = await makeProduct(1_000);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        index % 4 === 0
          ? shopper.placeOrder([{ productId, quantity: 1 }])
          : index % 4 === 1
            ? shopper.call('GET', '/orders')
            : index % 4 === 2
              ? call('GET', `/products/${productId}`)
              : shopper.call('GET', '/auth/me'),
      ),
    );
    expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 201)).toEqual([]);
  });

  test('all invariants hold', async () => {
    expect(await brokenInvariants()).toEqual({});
  });
});
