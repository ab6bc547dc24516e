import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { migrate } from '../../lambdas/database/migrate/migrate.ts';
import { DATABASE_SERVICES } from '../../lambdas/registry.ts';
import { ROOT } from '../support/assembly.ts';
import { endpoints, rows } from '../support/platform.ts';

const OWNER = 'migrations_owner';
const DATABASE = 'migrations_test';
const { hostname, port } = new URL(endpoints.writer);
/** Like the master user of RDS: no superuser, but it may make roles and owns its database. */
const owner = { host: hostname, port: Number(port), user: OWNER, password: 'for this test only', database: DATABASE };

beforeAll(async () => {
  await rows(`CREATE ROLE ${OWNER} LOGIN CREATEROLE CREATEDB PASSWORD '${owner.password}'`);
  await rows('CREATE ROLE rds_iam');
  // The roles are the server's, and there already: the owner of a first deployment has made them itself.
  const roles = await rows<{ rolname: string }>(
    String.raw`SELECT rolname FROM pg_roles WHERE rolname LIKE '%\_service'`,
  );
  for (const { rolname } of roles) await rows(`GRANT ${rolname} TO ${OWNER} WITH ADMIN OPTION`);
  await rows(`GRANT rds_iam TO ${OWNER} WITH ADMIN OPTION`);
  await rows(`CREATE DATABASE ${DATABASE} OWNER ${OWNER}`);
});

afterAll(async () => {
  await rows(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
  await rows(`DROP OWNED BY ${OWNER}`);
  await rows(`DROP ROLE ${OWNER}`);
  await rows('DROP ROLE rds_iam');
});

test('run by an owner who is no superuser, three at once, each file runs once and roles may sign in by IAM', async () => {
  const runs = await Promise.all([1, 2, 3].map(() => migrate(owner)));
  const ran = runs.flat();
  expect(ran.length).toBeGreaterThan(5);
  expect(new Set(ran).size).toBe(ran.length);
  expect(await migrate(owner)).toEqual([]);

  const client = new pg.Client(owner);
  await client.connect();
  const { rows: tables } = await client.query(`SELECT to_regclass('orders.orders') IS NOT NULL AS there`);
  const { rows: members } = await client.query(
    `SELECT count(*)::int AS n FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles r ON r.oid = m.member
     WHERE g.rolname = 'rds_iam' AND r.rolname LIKE '%\\_service'`,
  );
  await client.end();
  expect(tables).toEqual([{ there: true }]);
  expect(members).toEqual([{ n: DATABASE_SERVICES.length }]);
});

test('an earlier release, with fewer files, finds a newer schema and leaves it as it is', async () => {
  const all = path.join(ROOT, 'lambdas', 'database', 'migrations');
  const earlier = mkdtempSync(path.join(tmpdir(), 'migrations-'));
  for (const file of readdirSync(all).sort().slice(0, -2)) cpSync(path.join(all, file), path.join(earlier, file));
  await migrate(owner);
  expect(await migrate(owner, earlier)).toEqual([]);
  expect(await migrate(owner)).toEqual([]);
  rmSync(earlier, { recursive: true });
});
