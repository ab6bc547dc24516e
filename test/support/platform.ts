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

/** Connects to the database as a service, with the permissions of its role. */
export function databaseAs(service: string, addresses: { writer?: string; reader?: string } = {}): Database {
  return createDatabase({
    writer: addresses.writer ?? hostOf(endpoints.writer),
    reader: addresses.reader ?? hostOf(endpoints.reader),
    database: 'throughline',
    user: roleOf(service),
    password: secrets.services[service] as string,
    tls: false,
    // A Lambda runs one request at a time. Here, many requests share a process and wait for its one connection.
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

/** Queries the database as its administrator. Tests act through the product and then check the rows. */
export function rows<T extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<T[]> {
  return rowsOf(endpoints.writer, text, values);
}

/** The same on the replica. */
export const replicaRows = (text: string): Promise<pg.QueryResultRow[]> => rowsOf(endpoints.reader, text, []);

async function rowsOf<T extends pg.QueryResultRow>(server: string, text: string, values: unknown[]): Promise<T[]> {
  const client = new pg.Client(server);
  await client.connect();
  try {
    return (await client.query<T>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Runs `work` while a row is locked, so that every update of the row waits. */
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

/** Repeats `check` until its result is truthy. @throws Error with the source of `check` after `withinMs` */
export async function eventually<T>(check: () => Promise<T | undefined | false>, withinMs = 20_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const result = await check();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`No result within ${withinMs} ms: ${check}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Stops or starts one of the platform's servers. */
export async function control(action: 'stop' | 'start' | 'fill-gaps', name = ''): Promise<void> {
  const response = await fetch(`${process.env.TEST_CONTROL}/${action}/${name}`, { method: 'POST' });
  if (!response.ok) throw new Error(`${action} ${name}: ${await response.text()}`);
}
