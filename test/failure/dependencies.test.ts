import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { hashSecretToken } from '../../lambdas/shared/secret-tokens.ts';
import { makeProduct, makeUser } from '../support/factories.ts';
import { brokenInvariants } from '../support/invariants.ts';
import { lasting } from '../support/lasting.ts';
import { control, endpoints, eventually, replicaRows, rows, withLocked, withValkey } from '../support/platform.ts';
import { admin, call, PASSWORD, Shopper } from '../support/shopper.ts';

/** `/health` says no more than the status, by its own status code too: 503 when the API cannot do its work. */
const health = async () => {
  const response = await fetch(`${endpoints.api}/health`);
  return { code: response.status, body: (await response.json()) as { status: string } };
};
let boss: Shopper;
beforeAll(async () => {
  boss = await admin();
});
const dependencies = async () => (await boss.call('GET', '/admin/health')).body.dependencies;
const stopped = new Set<string>();

async function stop(name: string): Promise<void> {
  stopped.add(name);
  await control('stop', name);
}

async function start(name: string): Promise<void> {
  stopped.delete(name);
  await control('start', name);
}

afterEach(async () => {
  for (const name of stopped) await start(name);
  await eventually(async () => (await health()).body.status === 'ok', 20_000);
});

describe('while Valkey is down', () => {
  test('orders, payments, reads and log-in work, and /health reports the cache as down', async () => {
    const shopper = await Shopper.signUp();
    const productId = await makeProduct(3);
    await stop('valkey');
    const placed = await shopper.placeOrder([{ productId, quantity: 1 }]);
    expect(placed.status).toBe(201);
    expect((await shopper.pay(placed.body.order.id)).status).toBe(201);
    await shopper.orderWithStatus(placed.body.order.id, 'paid');
    expect((await call('GET', `/products/${productId}`)).status).toBe(200);
    await shopper.logIn();
    expect(await health()).toEqual({ code: 200, body: { status: 'degraded' } });
    expect(await dependencies()).toMatchObject({ cache: { status: 'down' }, writer: { status: 'up' } });
  });
});

describe('while Valkey is down', () => {
  test('guessing a password is refused after ten failures', async () => {
    const shopper = await Shopper.signUp();
    await stop('valkey');
    const guess = (password: string) => call('POST', '/auth/login', { body: { email: shopper.email, password } });
    for (let attempt = 0; attempt < 10; attempt++) expect((await guess('wrong password')).status).toBe(401);
    expect(await guess(PASSWORD)).toMatchObject({ status: 429, body: { code: 'TOO_MANY_ATTEMPTS' } });
  });
});

describe('when the cache is flushed and killed in the middle of 100 log-outs', () => {
  test('no logged-out token is accepted more than a second later, and open sessions go on', async () => {
    const open = await Shopper.signUp();
    const tokens = await openSessions(100);
    const faults: Record<number, () => Promise<unknown>> = {
      30: () => withValkey((valkey) => valkey.flushall()),
      50: () => stop('valkey'),
      80: () => start('valkey'),
    };
    const accepted: string[] = [];
    const checks: Promise<void>[] = [];
    for (const [index, token] of tokens.entries()) {
      await faults[index]?.();
      expect((await call('POST', '/auth/logout', { token })).status).toBe(204);
      const endedMs = performance.now();
      checks.push(acceptedAfter(token, endedMs + 1_000, accepted));
    }
    await Promise.all(checks);
    // And it stays so. A few of them do, because the emulator starts a function anew after each token that it rejects.
    for (const token of tokens.filter((_, index) => index % 15 === 0)) await acceptedAfter(token, 0, accepted);
    expect(accepted).toEqual([]);
    expect((await open.call('GET', '/auth/me')).status).toBe(200);
  }, 120_000);

  async function acceptedAfter(token: string, atMs: number, accepted: string[]): Promise<void> {
    await lasting(Math.max(0, atMs - performance.now()));
    if ((await call('GET', '/auth/me', { token })).status !== 401) accepted.push(token);
  }

  /** The access tokens of new sessions. They start from stored refresh tokens, because hashing passwords takes long. */
  async function openSessions(count: number): Promise<string[]> {
    const userId = await makeUser();
    return Promise.all(
      Array.from({ length: count }, async () => {
        const refreshToken = crypto.randomUUID();
        await rows(
          `WITH session AS (
             INSERT INTO auth.sessions (user_id, user_agent, address, expires_at)
             VALUES ($1, '', '', now() + interval '1 day') RETURNING id)
           INSERT INTO auth.refresh_tokens (token_hash, session_id) SELECT $2, id FROM session`,
          [userId, hashSecretToken(refreshToken)],
        );
        return (await call('POST', '/auth/refresh', { body: { refreshToken } })).body.accessToken;
      }),
    );
  }
});

describe('while the cache and the primary are down', () => {
  test('a call with a token gets 503 with Retry-After', async () => {
    const shopper = await Shopper.signUp();
    await stop('valkey');
    await stop('postgres-primary');
    const answer = await shopper.call('GET', '/orders');
    expect(answer).toMatchObject({ status: 503, body: { code: 'DEPENDENCY_UNAVAILABLE' } });
    expect(answer.headers.get('retry-after')).not.toBeNull();
    // The public routes ask for no token, so they do not depend on the check.
    expect((await call('GET', '/products')).status).toBe(200);
  });
});

describe('while the read replica is down', () => {
  test('reads and writes work, and /health reports the reader as down', async () => {
    const shopper = await Shopper.signUp();
    const placed = await shopper.placeOrder([{ productId: await makeProduct(3), quantity: 1 }]);
    const other = await Shopper.signUp();
    // A position that was measured just before must not be taken for the replica's health.
    await health();
    await stop('postgres-replica');
    expect((await shopper.call('GET', `/orders/${placed.body.order.id}`)).status).toBe(200);
    expect((await other.call('GET', '/orders')).status).toBe(200);
    expect((await call('GET', '/products?limit=7')).status).toBe(200);
    expect(await health()).toEqual({ code: 200, body: { status: 'degraded' } });
    expect(await dependencies()).toMatchObject({ reader: { status: 'down' }, writer: { status: 'up' } });
  });
});

describe('while the replica does not replay', () => {
  test('a buyer orders, pays, lists and reads without a 404, the catalogue responds, and /health is degraded', async () => {
    const replay = (action: 'pause' | 'resume') => replicaRows(`SELECT pg_wal_replay_${action}()`);
    await replay('pause');
    try {
      const shopper = await Shopper.signUp();
      const productId = await makeProduct(3);
      const { order } = (await shopper.placeOrder([{ productId, quantity: 1 }])).body;
      await eventually(async () => (await health()).body.status === 'degraded');
      // Longer than the pin, which alone would send these reads to the replica.
      await eventually(async () => (await withValkey((valkey) => valkey.keys('pin:*'))).length === 0);
      expect((await shopper.call('GET', `/orders/${order.id}`)).status).toBe(200);
      expect((await shopper.call('GET', '/orders')).body.items.map(({ id }) => id)).toEqual([order.id]);
      const { payment } = (await shopper.pay(order.id)).body;
      await eventually(async () => (await withValkey((valkey) => valkey.keys('pin:*'))).length === 0);
      expect((await shopper.call('GET', `/payments/${payment.id}`)).status).toBe(200);
      await shopper.orderWithStatus(order.id, 'paid');
      expect((await call('GET', `/products/${productId}`)).body.product.available).toBe(2);
      expect(await dependencies()).toMatchObject({ reader: { status: 'down' }, writer: { status: 'up' } });
    } finally {
      await replay('resume');
    }
  });
});

describe('while the primary is down', () => {
  test('a write gets 503 with Retry-After, and a retry succeeds when the primary is back', async () => {
    const shopper = await Shopper.signUp();
    const productId = await makeProduct(3);
    const key = crypto.randomUUID();
    await stop('postgres-primary');
    const refused = await shopper.placeOrder([{ productId, quantity: 1 }], key);
    expect(refused).toMatchObject({ status: 503, body: { code: 'DEPENDENCY_UNAVAILABLE' } });
    expect(refused.headers.get('retry-after')).not.toBeNull();
    expect(await health()).toEqual({ code: 503, body: { status: 'down' } });
    expect(await dependencies()).toMatchObject({ writer: { status: 'down' } });
    await start('postgres-primary');
    const placed = await eventually(async () => {
      const answer = await shopper.placeOrder([{ productId, quantity: 1 }], key);
      return answer.status === 201 && answer;
    }, 20_000);
    expect(placed.body.order.status).toBe('awaiting_payment');
    expect(await brokenInvariants()).toEqual({});
  });
});

describe('after the emulator stops with a message on its queue', () => {
  test('the deployment is restored and the event takes effect', async () => {
    const shopper = await Shopper.signUp();
    const { order } = (await shopper.placeOrder([{ productId: await makeProduct(3), quantity: 1 }])).body;
    await withLocked('orders.orders', order.id, async () => {
      const { payment } = (await shopper.pay(order.id)).body;
      await eventually(async () => (await publishedOf(payment.id)) === 1);
      await control('stop', 'emulator');
    });
    expect(await rows('SELECT status FROM orders.orders WHERE id = $1', [order.id])).toEqual([
      { status: 'awaiting_payment' },
    ]);
    await control('start', 'emulator');
    // The emulator loses the signing key when it stops. On AWS, KMS keeps it.
    await shopper.logIn();
    await eventually(
      async () => (await shopper.call('GET', `/orders/${order.id}`)).body.order.status === 'paid',
      75_000,
    );
    expect(await brokenInvariants()).toEqual({});
  }, 120_000);
});

const publishedOf = async (paymentId: string) =>
  (
    await rows(
      `SELECT FROM queue.outbox WHERE aggregate_id = $1 AND type = 'payment.captured' AND published_at IS NOT NULL`,
      [paymentId],
    )
  ).length;
