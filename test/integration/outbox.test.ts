import { afterAll, describe, expect, test } from '@jest/globals';
import type { Database } from '../../lambdas/database/database.client.ts';
import { ReadYourWrites } from '../../lambdas/database/read-your-writes.ts';
import { placeOrder } from '../../lambdas/orders/place-order.ts';
import { createPublishCommitted, sqsSafe } from '../../lambdas/queue/publisher.ts';
import {
  MAX_ATTEMPTS,
  MAX_PERMANENT_FAILURES,
  relayOutbox,
  retryDelaySeconds,
} from '../../lambdas/queue/relay/relay-outbox.ts';
import type { AnyEvent } from '../../lambdas/shared/event.ts';
import { sendEventMail } from '../../lambdas/workers/email/send-event-mail.ts';
import type { DomainEvent } from '../support/events.ts';
import { declinedEvent, makeProduct, makeUser } from '../support/factories.ts';
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

  const due = (id: string) => rows('UPDATE queue.outbox SET next_attempt_at = now() WHERE id = $1', [id]);
  const stateOf = async (id: string) =>
    (await rows('SELECT attempts, published_at, quarantined_at, last_error FROM queue.outbox WHERE id = $1', [id]))[0];
  const refusing = (refused: string[], error: Error) => async (event: AnyEvent) => {
    if (refused.includes(event.id)) throw error;
  };

  test('an event that cannot be sent waits for its next attempt and does not block others', async () => {
    const [orderId, younger] = [await orderOfDyingProcess(), await orderOfDyingProcess()];
    const { id } = await eventOf(orderId);
    await relayOutbox(relays[0] as never, refusing([id], new Error('no queue')), 0);
    expect(await stateOf(id)).toMatchObject({ attempts: 1, published_at: null, last_error: 'Error: no queue' });
    expect((await eventOf(younger)).published_at).not.toBeNull();
    // Not yet due: nothing is sent.
    await relayOutbox(relays[0] as never, async () => {}, 0);
    expect((await eventOf(orderId)).published_at).toBeNull();
    await due(id);
    await relayOutbox(relays[0] as never, async () => {}, 0);
    expect((await eventOf(orderId)).published_at).not.toBeNull();
  });

  test('60 events that no queue accepts are quarantined and counted, and a good one is published at once', async () => {
    const ids = (
      await rows<{ id: string }>(
        `INSERT INTO queue.outbox (producer, type, aggregate_id, aggregate_version, payload, occurred_at)
         SELECT 'orders_service', 'order.placed', gen_random_uuid(), 1, '{}', now() - interval '1 hour' FROM generate_series(1, 60)
         RETURNING id`,
      )
    ).map(({ id }) => id);
    const good = await orderOfDyingProcess();
    const invalid = Object.assign(new Error('Invalid characters'), { name: 'InvalidMessageContents' });
    const first = await relayOutbox(relays[0] as never, refusing(ids, invalid), 0);
    expect((await eventOf(good)).published_at).not.toBeNull();
    expect(first.failed).toBeGreaterThanOrEqual(60);
    for (let attempt = 1; attempt < MAX_PERMANENT_FAILURES; attempt++) {
      await rows('UPDATE queue.outbox SET next_attempt_at = now() WHERE id = ANY($1)', [ids]);
      // When nothing at all can be sent, the run fails: that would be SQS.
      await relayOutbox(relays[0] as never, refusing(ids, invalid), 0).catch(() => {});
    }
    const quarantined = await rows(
      'SELECT count(*)::int AS n FROM queue.outbox WHERE id = ANY($1) AND quarantined_at IS NOT NULL',
      [ids],
    );
    expect(quarantined).toEqual([{ n: 60 }]);
    const sent: string[] = [];
    await relayOutbox(relays[0] as never, async ({ id }) => void sent.push(id), 0);
    expect(sent.filter((id) => ids.includes(id))).toEqual([]);
    await rows('DELETE FROM queue.outbox WHERE id = ANY($1)', [ids]);
  });

  test('the attempts of an event outlast an hour without SQS', () => {
    const delays = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, index) => retryDelaySeconds(index + 1));
    expect(delays.reduce((sum, delay) => sum + delay, 0)).toBeGreaterThan(3_600);
  });

  test('any text can be published: a name with U+FFFF reaches SQS as an escape and is read as it was', () => {
    const body = sqsSafe(JSON.stringify({ name: 'Kettle\uffff\ufffe\ud800' }));
    expect(body).toMatch(/^[\x20-\ud7ff\ue000-\ufffd]*$/);
    expect(JSON.parse(body)).toEqual({ name: 'Kettle\uffff\ufffe\ud800' });
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
  const dependencies = (database: (typeof email)[number], send: () => Promise<string>) => ({
    database,
    send,
    shopUrl: 'http://shop.example',
  });

  test('that was sent is recorded as often as it takes: a database that fails right after sends no second mail', async () => {
    const event = await declinedEvent();
    let [sent, failures] = [0, 0];
    const flaky: Database = {
      ...(email[0] as Database),
      // The first attempts to record the mail meet a database that is away.
      write: (work) =>
        sent === 1 && failures++ < 3 ? Promise.reject(new Error('away')) : (email[0] as Database).write(work),
    };
    const send = async () => `message-${++sent}`;
    await sendEventMail(dependencies(flaky as never, send), event);
    await sendEventMail(dependencies(email[1] as never, send), event);
    expect({ sent, failures: failures >= 3 }).toEqual({ sent: 1, failures: true });
  });

  test('is sent once when its event is delivered twice at the same time', async () => {
    const event = await declinedEvent();
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
    const event = await declinedEvent();
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
