import { afterAll, describe, expect, test } from '@jest/globals';
import { deleteExpiredRows } from '../../lambdas/database/retention/delete-expired-rows.ts';
import { makeUser } from '../support/factories.ts';
import { databaseAs, rows } from '../support/platform.ts';

const jobs = [databaseAs('retention'), databaseAs('retention')];
const [database] = jobs as [(typeof jobs)[number], ...typeof jobs];
afterAll(async () => {
  await Promise.all(jobs.map((each) => each.close()));
});

const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * 60_000);

/** How long each kind of row is kept. `store` inserts one with the given time and returns a check that it still exists. */
const KEPT: Record<string, { days: number; store: (at: Date) => Promise<() => Promise<boolean>> }> = {
  'an idempotency key of an order': { days: 30, store: keyOf('orders') },
  'an event that orders consumed': { days: 35, store: eventOf('orders') },
  'an event that payments consumed': { days: 35, store: eventOf('payments') },
  'a session that ended': { days: 30, store: endedSession },
};

function keyOf(schema: string) {
  return async (at: Date) => {
    const key = crypto.randomUUID();
    await rows(
      `INSERT INTO ${schema}.idempotency_keys (user_id, operation, key, request_hash, created_at) VALUES ($1, 'test', $2, 'x', $3)`,
      [crypto.randomUUID(), key, at],
    );
    return async () => (await rows(`SELECT FROM ${schema}.idempotency_keys WHERE key = $1`, [key])).length > 0;
  };
}

function eventOf(schema: string) {
  return async (at: Date) => {
    const id = crypto.randomUUID();
    await rows(`INSERT INTO ${schema}.consumed_events (event_id, consumed_at) VALUES ($1, $2)`, [id, at]);
    return async () => (await rows(`SELECT FROM ${schema}.consumed_events WHERE event_id = $1`, [id])).length > 0;
  };
}

async function endedSession(at: Date) {
  const [session] = await rows<{ id: string }>(
    `INSERT INTO auth.sessions (user_id, user_agent, address, created_at, expires_at, revoked_at)
     VALUES ($1, '', '', $2, $3, $2) RETURNING id`,
    [await makeUser(), at, new Date()],
  );
  await rows(`INSERT INTO auth.refresh_tokens (token_hash, session_id) VALUES (sha256($1::text::bytea), $1::uuid)`, [
    session?.id,
  ]);
  return async () => (await rows(`SELECT FROM auth.refresh_tokens WHERE session_id = $1`, [session?.id])).length > 0;
}

describe.each(Object.entries(KEPT))('%s', (_, { days, store }) => {
  test(`is kept for ${days} days and then deleted, also when two jobs run at once`, async () => {
    const isYoungThere = await store(daysAgo(days - 1));
    const isOldThere = await store(daysAgo(days + 1));
    await Promise.all(jobs.map(deleteExpiredRows));
    expect({ young: await isYoungThere(), old: await isOldThere() }).toEqual({ young: true, old: false });
  });
});

test('one run deletes more than one batch', async () => {
  await rows(
    `INSERT INTO orders.consumed_events (event_id, consumed_at) SELECT gen_random_uuid(), $1 FROM generate_series(1, 2500)`,
    [daysAgo(40)],
  );
  expect((await deleteExpiredRows(database)).orders).toBeGreaterThanOrEqual(2_500);
});

test('an open session is kept at any age', async () => {
  const [session] = await rows<{ id: string }>(
    `INSERT INTO auth.sessions (user_id, user_agent, address, created_at, expires_at) VALUES ($1, '', '', $2, now() + interval '1 day') RETURNING id`,
    [await makeUser(), daysAgo(400)],
  );
  await deleteExpiredRows(database);
  expect(await rows('SELECT FROM auth.sessions WHERE id = $1', [session?.id])).toHaveLength(1);
});
