import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { Redis as Valkey } from 'iovalkey';
import { sql } from 'kysely';
import pg from 'pg';
import * as z from 'zod';
import { CacheAside, type RefillFrom } from '../../lambdas/cache/cache-aside.ts';
import { ProductReads } from '../../lambdas/catalog/read-products.ts';
import { ReadYourWrites } from '../../lambdas/database/read-your-writes.ts';
import { makeProduct, makeUser, unique } from '../support/factories.ts';
import { cacheAs, databaseAs, endpoints, eventually, rows, withValkey } from '../support/platform.ts';
import { call } from '../support/shopper.ts';
import { Tunnel } from '../support/tunnel.ts';

const portOf = (url: string) => Number(new URL(url).port);
const database = databaseAs('catalog');
const cache = cacheAs('catalog');
/** No server listens on this port. */
const deadCache = cacheAs('catalog', 1);
afterAll(async () => {
  await database.close();
  cache.close();
  deadCache.close();
});

describe('reading a product', () => {
  test('a cached product takes one round trip to Valkey and none to PostgreSQL', async () => {
    const reads = new ProductReads(database, cache);
    const id = await makeProduct(3);
    await reads.one(id);
    const query = jest.spyOn(pg.Client.prototype, 'query');
    const command = jest.spyOn(Valkey.prototype, 'sendCommand');
    expect((await reads.one(id)).available).toBe(3);
    expect(command).toHaveBeenCalledTimes(1);
    expect(query).not.toHaveBeenCalled();
    jest.restoreAllMocks();
  });

  test('an id in upper case returns the same product and gets no cache entry of its own', async () => {
    const id = await makeProduct(3);
    const answer = await call('GET', `/products/${id.toUpperCase()}`);
    expect(answer).toMatchObject({ status: 200, body: { product: { id } } });
    expect(await withValkey((valkey) => valkey.exists(`{product:${id.toUpperCase()}}`))).toBe(0);
  });

  test('the database serves the product while the cache is down', async () => {
    const reads = new ProductReads(database, deadCache);
    expect((await reads.one(await makeProduct(4))).available).toBe(4);
  });

  test('the writer serves the product while the reader is down', async () => {
    const withoutReader = databaseAs('catalog', { reader: '127.0.0.1:1' });
    const reads = new ProductReads(withoutReader, cache);
    expect((await reads.one(await makeProduct(5))).available).toBe(5);
    await withoutReader.close();
  });

  test('a new product is found in spite of replica lag', async () => {
    const reads = new ProductReads(database, cache);
    const ids = await Promise.all(Array.from({ length: 10 }, () => makeProduct(1)));
    for (const id of ids) expect((await reads.one(id)).id).toBe(id);
  });

  test('while the writer is down, a write fails with 503 DEPENDENCY_UNAVAILABLE and a retry time', async () => {
    const dead = databaseAs('catalog', { writer: '127.0.0.1:1' });
    await expect(dead.write((db) => sql`SELECT 1`.execute(db))).rejects.toMatchObject({
      kind: { code: 'DEPENDENCY_UNAVAILABLE', status: 503 },
      details: { retryAfterSeconds: expect.any(Number) },
    });
    await dead.close();
  });
});

test('a connection that stops answering is replaced after one failed query', async () => {
  const tunnel = await Tunnel.to(portOf(endpoints.writer));
  const through = databaseAs('catalog', { writer: tunnel.address });
  const ask = () => through.write((db) => sql`SELECT 1`.execute(db));
  await ask();
  tunnel.goHalfOpen();
  await expect(ask()).rejects.toMatchObject({ kind: { code: 'DEPENDENCY_UNAVAILABLE' } });
  await ask();
  await through.close();
  tunnel.close();
});

test('attemptWithRetries calls the cache during the pause after a failure, attempt does not', async () => {
  const key = `product:${unique('insisted')}`;
  const client = cacheAs('catalog');
  await client.attempt(() => Promise.reject(new Error('once')));
  expect(await client.attempt((valkey) => valkey.set(key, '1'))).toBeUndefined();
  expect(await client.attemptWithRetries((valkey) => valkey.set(`{${key}}`, '1', 'EX', 60))).toBe('OK');
  client.close();
});

describe('cache-aside', () => {
  const text = { ttlMs: 60_000, schema: z.string() };
  const caches = Array.from({ length: 10 }, () => cacheAs('catalog'));
  afterAll(() => {
    for (const each of caches) each.close();
  });

  test('100 concurrent reads of a missing key load it once', async () => {
    const key = `product:${unique('stampede')}`;
    let loads = 0;
    const load = async () => {
      loads++;
      await rows('SELECT 1');
      return 'value';
    };
    const asked = Array.from({ length: 100 }, (_, index) =>
      new CacheAside(caches[index % caches.length] as (typeof caches)[number], text).get(key, load),
    );
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['value']));
    expect(loads).toBe(1);
  });

  test('a value that was loaded before an invalidation is not stored after it', async () => {
    const key = `product:${unique('stale')}`;
    const aside = new CacheAside(cache, text);
    const { promise: mayFinish, resolve: finish } = Promise.withResolvers<void>();
    const { promise: reading, resolve: isReading } = Promise.withResolvers<void>();
    const slow = aside.get(key, async () => {
      isReading();
      await mayFinish;
      return 'old';
    });
    await reading;
    await aside.invalidate(key);
    finish();
    expect(await slow).toBe('old');
    expect(await aside.get(key, async () => 'new')).toBe('new');
  });

  test('after an invalidation, a key is loaded from the writer and cached again', async () => {
    const key = `product:${unique('lagging')}`;
    const aside = new CacheAside(cache, text);
    const lagging = async (from: RefillFrom) => (from === 'writer' ? 'new' : 'old');
    expect(await aside.get(key, lagging)).toBe('old');
    await aside.invalidate(key);
    expect(await aside.get(key, lagging)).toBe('new');
    expect(await aside.get(key, () => Promise.reject(new Error('not cached')))).toBe('new');
  });

  test('a value of another shape is loaded again, whichever release stored it', async () => {
    const key = `product:${unique('shape')}`;
    const before = new CacheAside(cache, { ttlMs: 60_000, schema: z.object({ id: z.string() }) });
    const after = new CacheAside(cache, {
      ttlMs: 60_000,
      schema: z.object({ id: z.string(), colour: z.string().optional() }),
    });
    await before.get(key, async () => ({ id: 'one' }));
    const loaded = { id: 'one', colour: 'red' };
    expect(await after.get(key, async () => loaded)).toEqual(loaded);
    expect(await after.get(key, () => Promise.reject(new Error('not cached')))).toEqual(loaded);
    // The earlier release, which runs beside it during a deployment, does not serve the new shape either.
    expect(await before.get(key, async () => ({ id: 'one' }))).toEqual({ id: 'one' });
  });

  test('an error of the loader is returned and nothing is cached', async () => {
    const key = `product:${unique('failing')}`;
    const aside = new CacheAside(cache, text);
    await expect(aside.get(key, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await eventually(async () => aside.get(key, async () => 'fine'))).toBe('fine');
  });
});

test('a server that takes no writes is never used as the writer, and a name that changes is followed', async () => {
  // As DNS does around a failover: the writer's name leads to a replica first, then to the writer.
  const name = await Tunnel.to(portOf(endpoints.reader));
  const orders = databaseAs('orders', { writer: name.address });
  const write = () => orders.write((db) => sql`UPDATE orders.orders SET updated_at = now() WHERE false`.execute(db));
  await expect(write()).rejects.toMatchObject({ kind: { code: 'DEPENDENCY_UNAVAILABLE' } });
  await expect(orders.write((db) => sql`SELECT 1`.execute(db))).rejects.toMatchObject({ kind: { status: 503 } });
  name.leadTo(portOf(endpoints.writer));
  await write();
  await orders.close();
  name.close();
});

describe('read your own writes', () => {
  const isReplica = async (data: ReadYourWrites, userId: string) =>
    data.read(
      userId,
      async (db) =>
        (await sql<{ replica: boolean }>`SELECT pg_is_in_recovery() AS replica`.execute(db)).rows[0]?.replica,
    );

  test('after a write, the same user reads from the writer and other users from the read replica', async () => {
    const orders = databaseAs('orders');
    const ordersCache = cacheAs('orders');
    const data = new ReadYourWrites(orders, ordersCache);
    const [writer, other] = [await makeUser(), await makeUser()];
    // Other tests write all the time: for moments the replica may be found behind, and the writer is read.
    await eventually(() => isReplica(data, writer));
    await data.transaction(writer, async (tx) => void (await sql`SELECT 1`.execute(tx)));
    expect(await isReplica(data, writer)).toBe(false);
    await eventually(() => isReplica(data, other));
    await orders.close();
    ordersCache.close();
  });

  test('reads go to the writer while the cache is down', async () => {
    const orders = databaseAs('orders');
    const dead = cacheAs('orders', 1);
    expect(await isReplica(new ReadYourWrites(orders, dead), await makeUser())).toBe(false);
    await orders.close();
    dead.close();
  });
});
