import { afterAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import pg from 'pg';
import { migrate } from '../../lambdas/database/migrate/migrate.ts';
import { ALL_SERVICES, CACHE_USERS, DATABASE_SERVICES, roleOf } from '../../lambdas/registry.ts';
import { cacheAs, databaseAs, endpoints, rows } from '../support/platform.ts';

/** What every producer of events may read as well. */
const FOR_PRODUCERS = ['queue.outbox', 'queue.event_types'];
const declarationOf = (name: string) => ALL_SERVICES.find((each) => each.name === name);

describe.each(DATABASE_SERVICES)('the database role of %s', (service) => {
  const database = databaseAs(service);
  afterAll(() => database.close());

  test('reads its own tables and what is granted by name, and nothing else', async () => {
    const tables = await rows<{ name: string }>(
      `SELECT table_schema || '.' || table_name AS name FROM information_schema.tables
       WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
    );
    const allowed: string[] = [];
    for (const { name } of tables) {
      const may = await rows<{ may: boolean }>(
        `SELECT has_schema_privilege($1, split_part($2, '.', 1), 'USAGE') AND has_table_privilege($1, $2, 'SELECT') AS may`,
        [roleOf(service), name],
      );
      if (may[0]?.may) allowed.push(name);
    }
    const { database: declared, events } = declarationOf(service) ?? {};
    const readable = [...(declared?.reads ?? []), ...(events ? FOR_PRODUCERS : [])];
    const unexpected = allowed.filter((name) => name.split('.')[0] !== declared?.schema && !readable.includes(name));
    // And what is declared is granted: a grant that a migration forgot fails here and not in the service.
    expect(readable.filter((name) => !allowed.includes(name))).toEqual([]);
    expect(unexpected).toEqual([]);
  });

  test('cannot create, nor become somebody else', async () => {
    await expect(database.write((db) => sql`CREATE TABLE public.mine (id int)`.execute(db))).rejects.toMatchObject({
      code: '42501',
    });
    await expect(database.write((db) => sql`SET ROLE postgres`.execute(db))).rejects.toMatchObject({ code: '42501' });
  });
});

test('no function with its owner’s rights can be led to a caller’s own types, and nobody may make any', async () => {
  const open = await rows(
    `SELECT p.oid::regprocedure::text AS fn FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE p.prosecdef AND n.nspname NOT LIKE 'pg\\_%' AND NOT ('search_path=pg_catalog, pg_temp' = ANY (p.proconfig))`,
  );
  expect(open).toEqual([]);
  const orders = databaseAs('orders');
  const temporary = orders.write((db) => sql`CREATE DOMAIN pg_temp.uuid AS pg_catalog.uuid CHECK (true)`.execute(db));
  await expect(temporary).rejects.toMatchObject({ code: '42501' });
  await orders.close();
});

test('a service cannot tell what is another’s to tell', async () => {
  const catalog = databaseAs('catalog');
  const forged = catalog.write((db) =>
    sql`INSERT INTO queue.outbox (type, aggregate_id, aggregate_version, payload)
        VALUES ('payment.captured', ${crypto.randomUUID()}, 1, '{}')`.execute(db),
  );
  await expect(forged).rejects.toMatchObject({ code: '42501' });
  await catalog.close();
});

test('a service sees and marks its own events only', async () => {
  const [orders, payments] = [databaseAs('orders'), databaseAs('payments')];
  const aggregate = crypto.randomUUID();
  await orders.write((db) =>
    sql`INSERT INTO queue.outbox (type, aggregate_id, aggregate_version, payload) VALUES ('order.placed', ${aggregate}, 1, '{}')`.execute(
      db,
    ),
  );
  const marked = await payments.write((db) =>
    sql`UPDATE queue.outbox SET published_at = now() WHERE aggregate_id = ${aggregate}`.execute(db),
  );
  expect(marked.numAffectedRows).toBe(0n);
  await rows('DELETE FROM queue.outbox WHERE aggregate_id = $1', [aggregate]);
  await Promise.all([orders.close(), payments.close()]);
});

describe.each(Object.keys(CACHE_USERS))('the cache user of %s', (service) => {
  test('is refused keys and commands that are not its own', async () => {
    for (const command of [
      (v: import('iovalkey').Redis) => v.get('somebody:elses'),
      (v: import('iovalkey').Redis) => v.flushall(),
    ]) {
      const cache = cacheAs(service);
      expect(await cache.attempt(command)).toBeUndefined();
      cache.close();
    }
  });
});

test('migrations can run again, and twice at once', async () => {
  const connection: pg.PoolConfig = { connectionString: endpoints.writer };
  expect(await Promise.all([migrate(connection), migrate(connection)])).toEqual([[], []]);
});

test('a migration from nothing, by two at once, ends at the same schema', async () => {
  const fresh = `fresh_${process.pid}`;
  await rows(`CREATE DATABASE ${fresh}`);
  const connectionString = endpoints.writer.replace(/\/throughline$/, `/${fresh}`);
  const [one, two] = await Promise.all([migrate({ connectionString }), migrate({ connectionString })]);
  expect([...one, ...two].length).toBeGreaterThan(0);
  expect(one.length === 0 || two.length === 0).toBe(true);
  const client = new pg.Client(connectionString);
  await client.connect();
  const { rows: found } = await client.query(
    `SELECT count(*)::int AS tables FROM information_schema.tables WHERE table_schema IN ('orders', 'payments')`,
  );
  await client.end();
  expect(found[0].tables).toBeGreaterThan(5);
  await rows(`DROP DATABASE ${fresh}`);
});
