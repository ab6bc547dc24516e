import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createDatabase, type Database } from '../../lambdas/database/database.client.ts';
import { ReadYourWrites } from '../../lambdas/database/read-your-writes.ts';
import { placeOrder } from '../../lambdas/orders/place-order.ts';
import { roleOf } from '../../lambdas/registry.ts';
import { problemResponse } from '../../lambdas/shared/http.ts';
import { brokenInvariants } from '../support/invariants.ts';
import { lasting } from '../support/lasting.ts';
import { cacheAs, endpoints, eventually, secrets } from '../support/platform.ts';
import { PostgresPair } from '../support/postgres-pair.ts';
import { Tunnel } from '../support/tunnel.ts';

/** Function instances that place orders all the time. */
const INSTANCES = 6;
/** What a client waits before it retries. */
const RETRY_AFTER_MS = 100;

const cache = cacheAs('orders');
let pair: PostgresPair;
/** The writer's name, as functions see it. */
let name: Tunnel;
beforeAll(async () => {
  pair = await PostgresPair.start();
  name = await Tunnel.to(pair.writerPort);
}, 60_000);
afterAll(async () => {
  cache.close();
  name.close();
  await pair.stop();
});

/** The writer's pool of a function instance, with the limits that it has on AWS. */
function connect(): Database {
  return createDatabase({
    writer: name.address,
    reader: '127.0.0.1:1',
    database: 'throughline',
    user: roleOf('orders'),
    password: secrets.services.orders as string,
    tls: false,
  });
}

interface Load {
  /** When each order was accepted. */
  acceptedMs: number[];
  /** The customer of each accepted order. */
  userIds: string[];
  /** Status and code of each response that was not an order. */
  refusals: Map<string, number>;
}

/** Places orders with all instances while `outage` runs, and until each has placed one after it. */
async function underLoad(outage: () => Promise<void>): Promise<Load & { endedMs: number }> {
  const load: Load = { acceptedMs: [], userIds: [], refusals: new Map() };
  let endedMs = Number.POSITIVE_INFINITY;
  const instances = Array.from({ length: INSTANCES }, () => placeOrders(load, () => endedMs));
  await eventually(async () => load.acceptedMs.length >= 2 * INSTANCES);
  await outage();
  endedMs = performance.now();
  await Promise.all(instances);
  return { ...load, endedMs };
}

async function placeOrders(load: Load, endedMs: () => number): Promise<void> {
  const database = connect();
  const deps = { data: new ReadYourWrites(database, cache), publish: async () => {}, clock: () => new Date() };
  const [product] = await pair.rows<{ id: string }>(
    `WITH p AS (INSERT INTO catalog.products (sku, name, description, price_minor, currency)
       VALUES ($1, $1, '', 100, 'EUR') RETURNING id)
     INSERT INTO catalog.stock (product_id, on_hand) SELECT id, 1000000 FROM p RETURNING product_id AS id`,
    [crypto.randomUUID()],
  );
  const items = [{ productId: product?.id as string, quantity: 1 }];
  for (let lastMs = 0; lastMs < endedMs(); ) {
    const input = { userId: crypto.randomUUID(), idempotencyKey: crypto.randomUUID(), items };
    while (!(await accepted(load, () => placeOrder(deps, input)))) await lasting(RETRY_AFTER_MS);
    lastMs = performance.now();
    load.acceptedMs.push(lastMs);
    load.userIds.push(input.userId);
  }
  await database.close();
}

/** Makes one call. A call that is refused is counted by the response that its client gets. */
async function accepted(load: Load, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    const { statusCode, headers, body } = problemResponse(error, 'request');
    const retry = headers?.['retry-after'] ? 'with Retry-After' : 'without Retry-After';
    const what = `${statusCode} ${JSON.parse(body).code} ${retry}`;
    load.refusals.set(what, (load.refusals.get(what) ?? 0) + 1);
    return false;
  }
}

/** The longest time without an accepted order, in seconds. */
function longestGapSeconds(acceptedMs: number[]): number {
  const sorted = acceptedMs.toSorted((one, other) => one - other);
  return Math.max(...sorted.slice(1).map((at, index) => at - (sorted[index] as number))) / 1_000;
}

const OUTAGES: [what: string, mostSeconds: number, outage: () => Promise<void>][] = [
  ['crashes and starts again', 10, () => pair.crash()],
  [
    'hangs for 6 s',
    12,
    async () => {
      name.hang();
      await lasting(6_000);
      name.resume();
    },
  ],
  ['no longer receives what its open connections send', 10, async () => name.goHalfOpen()],
];

describe('under load, a writer that', () => {
  test.each(OUTAGES)('%s: every call gets an order or 503, and orders are accepted again', async (what, most, fail) => {
    const load = await underLoad(fail);
    await assertSound(load, what);
    expect(longestGapSeconds(load.acceptedMs)).toBeLessThan(most);
  });

  test('is replaced, while its name still leads to a read-only server for 3 s: orders are accepted within 5 s of the change', async () => {
    const load = await underLoad(async () => {
      await pair.switchOver();
      name.leadTo(Number(new URL(endpoints.reader).port));
      await lasting(3_000);
      name.leadTo(pair.writerPort);
    });
    await assertSound(load, 'is replaced');
    const first = Math.min(...load.acceptedMs.filter((at) => at > load.endedMs)) - load.endedMs;
    print(`the first order ${(first / 1_000).toFixed(1)} s after the name led to the new writer`);
    expect(first).toBeLessThan(5_000);
  });
});

/** Nothing but orders and 503, each order once, and the database as it must be. */
async function assertSound({ acceptedMs, userIds, refusals }: Load, what: string): Promise<void> {
  const refused = [...refusals].map(([kind, count]) => `${count} × ${kind}`).join(', ') || 'none';
  print(
    `writer ${what}: ${longestGapSeconds(acceptedMs).toFixed(1)} s without a write; ${userIds.length} orders; refused: ${refused}`,
  );
  expect([...refusals.keys()].filter((kind) => kind !== '503 DEPENDENCY_UNAVAILABLE with Retry-After')).toEqual([]);
  // A retry with the key of a call that had no response does not order again.
  const [stored] = await pair.rows<{ orders: number }>(
    'SELECT count(*)::int AS orders FROM orders.orders WHERE user_id = ANY ($1)',
    [userIds],
  );
  expect(stored?.orders).toBe(userIds.length);
  expect(await brokenInvariants((query) => pair.rows(query))).toEqual({});
}

const print = (line: string) => process.stderr.write(`${line}\n`);
