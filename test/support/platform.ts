import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Redis as Valkey } from 'iovalkey';
import pg from 'pg';
import { type CacheClient, createCache } from '../../lambdas/cache/cache.client.ts';
import { createDatabase, type Database } from '../../lambdas/database/database.client.ts';
import { roleOf } from '../../lambdas/registry.ts';
import type { Secrets } from '../../local/instance.ts';
import type { Endpoints } from '../../local/platform.ts';

const endpointsFile = process.env.TEST_ENDPOINTS;
if (!endpointsFile)
  throw new Error('These tests need the platform: run them with npm test -- integration (or path, failure).');

/** The platform that `npm test` has started. */
export const endpoints: Endpoints = JSON.parse(readFileSync(endpointsFile, 'utf8'));
export const secrets: Secrets = JSON.parse(
  readFileSync(path.join(path.dirname(endpointsFile), 'secrets.json'), 'utf8'),
);
export const platformFolder = path.dirname(endpointsFile);

const hostOf = (url: string) => new URL(url).host;

/** A service's own connection to the database, with a service's own rights. */
export function databaseAs(service: string, addresses: { writer?: string; reader?: string } = {}): Database {
  return createDatabase({
    writer: addresses.writer ?? hostOf(endpoints.writer),
    reader: addresses.reader ?? hostOf(endpoints.reader),
    database: 'throughline',
    user: roleOf(service),
    password: secrets.services[service] as string,
    tls: false,
    // A Lambda runs one request at a time; here many share a process, and wait for its one connection.
    connectTimeoutMs: 15_000,
  });
}

export function cacheAs(service: string, port = Number(new URL(endpoints.cache).port)): CacheClient {
  return createCache({
    host: '127.0.0.1',
    port,
    user: service,
    password: secrets.services[service] as string,
    tls: false,
  });
}

/** Looks at the rows as the administrator: tests act through the product, then query. */
export async function rows<T extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<T[]> {
  const client = new pg.Client(endpoints.writer);
  await client.connect();
  try {
    return (await client.query<T>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Runs `work` while a row is locked, so that whoever would change it waits. */
export async function withLocked(table: string, id: string, work: () => Promise<void>): Promise<void> {
  const client = new pg.Client(endpoints.writer);
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SELECT FROM ${table} WHERE id = $1 FOR UPDATE`, [id]);
    await work();
    await client.query('ROLLBACK');
  } finally {
    await client.end();
  }
}

export async function withValkey<T>(work: (valkey: Valkey) => Promise<T>): Promise<T> {
  const valkey = new Valkey(endpoints.cache);
  try {
    return await work(valkey);
  } finally {
    valkey.disconnect();
  }
}

/** Looks again until `look` gives something. @throws with the last thing seen */
export async function eventually<T>(look: () => Promise<T | undefined | false>, withinMs = 20_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > deadline) throw new Error(`Nothing within ${withinMs} ms: ${look}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Stops or starts one of the platform's servers. */
export async function control(action: 'stop' | 'start' | 'fill-gaps', name = ''): Promise<void> {
  const response = await fetch(`${process.env.TEST_CONTROL}/${action}/${name}`, { method: 'POST' });
  if (!response.ok) throw new Error(`${action} ${name}: ${await response.text()}`);
}
