import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Endpoints } from '../../local/platform.ts';
import { waitUntil } from '../../local/servers/processes.ts';
import { type Copy, copyOfTree } from '../support/copy.ts';

/** A platform that runs in the foreground, with what it has printed. */
interface Running {
  child: ChildProcess;
  output: () => string;
  ended: Promise<number | null>;
}

let copy: Copy;
let platform: Running;
let endpoints: Endpoints;

beforeAll(async () => {
  copy = await copyOfTree(true);
  await startPlatform();
}, 150_000);
afterAll(() => copy.remove());

function spawnStart(): Running {
  const child = copy.spawn('start');
  const parts: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part) => parts.push(part));
  return {
    child,
    output: () => Buffer.concat(parts).toString(),
    ended: once(child, 'close').then(([code]) => code),
  };
}

async function startPlatform(): Promise<void> {
  platform = spawnStart();
  await waitUntil(() => {
    if (platform.child.exitCode !== null) throw new Error(platform.output());
    return /Ready in/.test(platform.output());
  }, 120_000);
  endpoints = JSON.parse(copy.read('.local/endpoints.json'));
}

const inCopy = (file: string) => path.join(copy.folder, file);
const recorded = (): { name: string; pid: number }[] => JSON.parse(copy.read('.local/processes.json') || '[]');
const pidOf = (name: string) => recorded().find((each) => each.name === name)?.pid as number;
const linesAbout = (text: RegExp) =>
  platform
    .output()
    .split('\n')
    .filter((line) => text.test(line));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function query(address: string, text: string): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client(address);
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function healthStatus(): Promise<string | undefined> {
  const response = await fetch(`${endpoints.api}/health`);
  return ((await response.json()) as { status?: string }).status;
}

async function signUp(): Promise<number> {
  const { status } = await fetch(`${endpoints.api}/auth/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${crypto.randomUUID()}@example.com`, password: 'correct horse battery', name: 'A' }),
  });
  return status;
}

/** Kills a server and waits until another process has its place and /health has `status`. Prints the duration. */
async function outageOf(name: string, status: string): Promise<void> {
  const pid = pidOf(name);
  const line = new RegExp(`^${name} ended \\(SIGKILL\\); started again after \\d+\\.\\d s$`);
  const before = linesAbout(line).length;
  const killedAtMs = performance.now();
  process.kill(pid, 'SIGKILL');
  await waitUntil(async () => pidOf(name) !== pid && (await healthStatus()) === status, 60_000);
  // Jest's own console adds a stack trace to each line.
  process.stderr.write(`outage ${name} ${Math.round(performance.now() - killedAtMs)} ms\n`);
  await waitUntil(() => linesAbout(line).length === before + 1, 20_000);
  expect(copy.read('.local/logs/live-reload.log')).toContain(`${name} ended (SIGKILL); started again after`);
}

describe('while npm start runs', () => {
  test.each(['valkey', 'postgres-replica'])('a killed %s is started again', async (name) => {
    await outageOf(name, 'ok');
    expect(await signUp()).toBe(201);
  });

  test('a killed postgres-primary is started again, although a query still runs', async () => {
    // The process of such a query does not notice the death of its server, and keeps the shared memory.
    const busy = 'count(*) FROM generate_series(1, 1000) a, generate_series(1, 1000) b, generate_series(1, 1000) c';
    const failing = query(endpoints.writer, `SET statement_timeout = '30s'; SELECT ${busy}`).catch(() => 'failed');
    const active = `SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SET statement_timeout%'`;
    await waitUntil(async () => (await query(endpoints.writer, active)).length === 1, 10_000);
    await outageOf('postgres-primary', 'ok');
    expect(await failing).toBe('failed');
    expect(await signUp()).toBe(201);
  });

  test('a killed emulator is started again, with the code that live reload had deployed', async () => {
    const file = 'lambdas/health/check-health.ts';
    const original = copy.read(file);
    writeFileSync(
      inCopy(file),
      original.replace(/status = writer\.status === 'down' \? 'down'/, `status = writer.status === 'up' ? 'degraded'`),
    );
    await waitUntil(async () => (await healthStatus()) === 'degraded', 20_000);
    await outageOf('emulator', 'degraded');
    expect(await signUp()).toBe(201);
    writeFileSync(inCopy(file), original);
    await waitUntil(async () => (await healthStatus()) === 'ok', 20_000);
  }, 120_000);

  test('a server that cannot be kept running ends the platform with one line and exit code 1', async () => {
    const pids = recorded().map(({ pid }) => pid);
    const dump = inCopy('.local/valkey/dump.rdb');
    writeFileSync(dump, 'not a dump');
    process.kill(pidOf('valkey'), 'SIGKILL');
    expect(await platform.ended).toBe(1);
    const [line, ...others] = linesAbout(/The platform stops/);
    expect(line).toMatch(
      /^valkey ended 5 times in 60 s \(.*\)\. .* Correct what .*valkey\.log reports, then: npm start$/,
    );
    expect(others).toEqual([]);
    expect(pids.filter(isAlive)).toEqual([]);
    rmSync(dump);
  });
});

describe('after the replica was promoted', () => {
  const stale = /^The replica was promoted to timeline 2, so the primary on timeline 1 is stale and was/;

  test('the running primary is stopped, and one line says so', async () => {
    await startPlatform();
    const primary = pidOf('postgres-primary');
    await query(endpoints.reader, 'SELECT pg_promote()');
    await waitUntil(() => linesAbout(stale).length > 0, 20_000);
    expect(isAlive(primary)).toBe(false);
    await query(endpoints.reader, 'CREATE TABLE public.kept (id int)');
    expect((await copy.run('stop')).code).toBe(0);
    expect(await platform.ended).toBe(0);
    expect(linesAbout(stale)).toEqual([expect.stringMatching(/ stale and was stopped: .*npm run reset$/)]);
  }, 120_000);

  test('the next start refuses the stale primary with one line', async () => {
    platform = spawnStart();
    expect(await platform.ended).toBe(1);
    expect(linesAbout(stale)).toEqual([expect.stringMatching(/ stale and was not started: .*npm run reset$/)]);
    expect(existsSync(inCopy('.local/endpoints.json'))).toBe(false);
  }, 120_000);

  test('the replica moved to the place of the primary keeps its data and gets a replica', async () => {
    const [, primary = '', replica = ''] = /rm -r '([^']+)' && mv '([^']+)'/.exec(platform.output()) ?? [];
    rmSync(primary, { recursive: true });
    renameSync(replica, primary);
    await startPlatform();
    for (const address of [endpoints.writer, endpoints.reader])
      expect(await query(address, `SELECT to_regclass('public.kept') IS NOT NULL AS kept`)).toEqual([{ kept: true }]);
    expect(await query(endpoints.reader, 'SELECT pg_is_in_recovery() AS follows')).toEqual([{ follows: true }]);
  }, 120_000);
});

test('npm stop during a restart ends everything, and nothing is started again', async () => {
  const emulator = pidOf('emulator');
  process.kill(emulator, 'SIGKILL');
  await waitUntil(() => pidOf('emulator') !== emulator, 20_000);
  const pids = recorded().map(({ pid }) => pid);
  expect(await copy.run('stop')).toEqual({ code: 0, output: 'Stopped.\n' });
  expect(await platform.ended).toBe(0);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(linesAbout(/started again/)).toEqual([]);
}, 120_000);
