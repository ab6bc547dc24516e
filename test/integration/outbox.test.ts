import { afterAll, describe, expect, test } from '@jest/globals';
import { ReadYourWrites } from '../../lambdas/database/read-your-writes.ts';
import { placeOrder } from '../../lambdas/orders/place-order.ts';
import { createPublishCommitted } from '../../lambdas/queue/publisher.ts';
import { relayOutbox } from '../../lambdas/queue/relay/relay-outbox.ts';
import type { AnyEvent } from '../../lambdas/shared/event.ts';
import { sendEventMail } from '../../lambdas/workers/email/send-event-mail.ts';
import type { DomainEvent } from '../support/events.ts';
import { makeProduct, makeUser } from '../support/factories.ts';
import { cacheAs, databaseAs, rows } from '../support/platform.ts';

const orders = databaseAs('orders');
const cache = cacheAs('orders');
const relays = [databaseAs('relay'), databaseAs('relay'), databaseAs('relay')];
const email = [databaseAs('email'), databaseAs('email')];
afterAll(async () => {
  await Promise.all([orders, ...relays, ...email].map((database) => database.close()));
  cache.close();
});

/** An order whose process crashes after the commit and before it publishes. */
async function orderOfDyingProcess(): Promise<string> {
  const dying = {
    data: new ReadYourWrites(orders, cache),
    publish: () => Promise.reject(new Error('killed')),
    clock: () => new Date(),
  };
  const input = {
    userId: await makeUser(),
    idempotencyKey: crypto.randomUUID(),
    items: [{ productId: await makeProduct(1), quantity: 1 }],
  };
  await expect(placeOrder(dying, input)).rejects.toThrow('killed');
  const [order] = await rows<{ id: string }>('SELECT id FROM orders.orders WHERE user_id = $1', [input.userId]);
  return (order as { id: string }).id;
}

const eventOf = async (orderId: string) =>
  (
    await rows<{ id: string; published_at: Date | null }>(
      'SELECT id, published_at FROM queue.outbox WHERE aggregate_id = $1',
      [orderId],
    )
  )[0] as { id: string; published_at: Date | null };

describe('the outbox', () => {
  test('the event of a crashed process is published once, also when three relays run at once', async () => {
    const orderId = await orderOfDyingProcess();
    const before = await eventOf(orderId);
    expect(before.published_at).toBeNull();
    const sent: AnyEvent[] = [];
    await Promise.all(relays.map((relay) => relayOutbox(relay, async (event) => void sent.push(event), 0)));
    expect(sent.filter((event) => event.id === before.id)).toHaveLength(1);
    expect((await eventOf(orderId)).published_at).not.toBeNull();
  });

  test('an event that cannot be sent stays in the outbox for the next run and does not block others', async () => {
    const [orderId, younger] = [await orderOfDyingProcess(), await orderOfDyingProcess()];
    const { id } = await eventOf(orderId);
    const refusing = async (event: AnyEvent) => {
      if (event.id === id) throw new Error('no queue');
    };
    await expect(relayOutbox(relays[0] as never, refusing, 0)).rejects.toThrow('no queue');
    expect((await eventOf(orderId)).published_at).toBeNull();
    expect((await eventOf(younger)).published_at).not.toBeNull();
    await relayOutbox(relays[0] as never, async () => {}, 0);
    expect((await eventOf(orderId)).published_at).not.toBeNull();
  });

  test('publishing after the commit marks only the events that were sent', async () => {
    const orderId = await orderOfDyingProcess();
    const { id } = await eventOf(orderId);
    const event = { id, type: 'order.placed' } as DomainEvent;
    await createPublishCommitted(orders, () => Promise.reject(new Error('no queue')))([event]);
    expect((await eventOf(orderId)).published_at).toBeNull();
    await createPublishCommitted(orders, async () => {})([event]);
    expect((await eventOf(orderId)).published_at).not.toBeNull();
  });

  test('the database rejects a second event for the same change', async () => {
    const orderId = await orderOfDyingProcess();
    const copy = rows(
      `INSERT INTO queue.outbox (type, aggregate_id, aggregate_version, payload) SELECT type, aggregate_id, aggregate_version, payload FROM queue.outbox WHERE aggregate_id = $1`,
      [orderId],
    );
    await expect(copy).rejects.toMatchObject({ code: '23505' });
  });
});

describe('a mail', () => {
  const declined = async (): Promise<DomainEvent<'payment.declined'>> => ({
    id: crypto.randomUUID(),
    type: 'payment.declined',
    aggregateId: crypto.randomUUID(),
    occurredAt: new Date().toISOString(),
    payload: {
      paymentId: crypto.randomUUID(),
      orderId: crypto.randomUUID(),
      userId: await makeUser(),
      amount: { amountMinor: 100, currency: 'EUR' },
    },
  });
  const dependencies = (database: (typeof email)[number], send: () => Promise<string>) => ({
    database,
    send,
    shopUrl: 'http://shop.example',
  });

  test('is sent once when its event is delivered twice at the same time', async () => {
    const event = await declined();
    let sent = 0;
    const send = async () => `message-${++sent}`;
    await Promise.allSettled(email.map((database) => sendEventMail(dependencies(database, send), event)));
    await sendEventMail(dependencies(email[0] as never, send), event);
    expect(sent).toBe(1);
    expect(await rows('SELECT status, message_id FROM email.deliveries WHERE event_id = $1', [event.id])).toEqual([
      { status: 'sent', message_id: 'message-1' },
    ]);
  });

  test('is retried after the mail service rejects it', async () => {
    const event = await declined();
    const refused = dependencies(email[0] as never, () => Promise.reject(new Error('throttled')));
    await expect(sendEventMail(refused, event)).rejects.toThrow('throttled');
    await sendEventMail(
      dependencies(email[1] as never, async () => 'message'),
      event,
    );
    expect(await rows('SELECT status FROM email.deliveries WHERE event_id = $1', [event.id])).toEqual([
      { status: 'sent' },
    ]);
  });
});
