import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Secrets } from '../../local/instance.ts';
import type { Endpoints } from '../../local/platform.ts';
import { waitUntil } from '../../local/servers/processes.ts';
import { type Copy, copyOfTree } from '../support/copy.ts';

/** Shell variables that must not change the platform. Each of them has broken a start, or could break one. */
const HOSTILE_SHELL = {
  PGHOST: 'db.example.com',
  PGSSLMODE: 'require',
  PGOPTIONS: '-c search_path=nowhere',
  PGDATABASE: 'another',
  AWS_PROFILE: 'production',
  AWS_REGION: 'us-east-1',
  AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
  CDK_DEFAULT_ACCOUNT: '111122223333',
  THROUGHLINE_REGION: 'us-east-1',
  NODE_OPTIONS: '--max-old-space-size=8192',
  NODE_ENV: 'production',
  LD_PRELOAD: '/nonexistent/preload.so',
  PYTHONHOME: '/nonexistent',
  POWERTOOLS_SERVICE_NAME: 'another',
  BUILD_FOLDER: '/nonexistent',
};
const MIGRATIONS = 'lambdas/database/migrations';

let copy: Copy;
let endpoints: Endpoints;
/** Command lines that contained a secret while the platform started. */
const leaks = new Set<string>();

beforeAll(async () => {
  copy = await copyOfTree(true);
  for (const args of [
    ['init', '-q'],
    ['add', '-A'],
    ['-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '-qm', 'all'],
  ])
    execFileSync('git', args, { cwd: copy.folder });
  const starting = copy.run('start', ['--detach'], HOSTILE_SHELL);
  let ended = false;
  void starting.finally(() => {
    ended = true;
  });
  await waitUntil(() => {
    for (const line of commandLinesWithSecrets()) leaks.add(line);
    return ended;
  }, 120_000);
  const { code, output } = await starting;
  if (code !== 0) throw new Error(output);
  endpoints = JSON.parse(copy.read('.local/endpoints.json'));
}, 150_000);
afterAll(() => copy.remove());

function commandLinesWithSecrets(): string[] {
  const { services, ...others }: Secrets = JSON.parse(copy.read('.local/secrets.json') || '{"services":{}}');
  const secrets = [...Object.values(services), ...Object.values(others)] as string[];
  if (!existsSync('/proc')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((line) => secrets.some((secret) => line.includes(secret)));
}

/** Changes files and waits for the report of live reload. */
async function afterSaving(save: () => void): Promise<string> {
  const before = copy.read('.local/logs/live-reload.log').length;
  save();
  const report = () => copy.read('.local/logs/live-reload.log').slice(before);
  await waitUntil(() => report().endsWith('\n'), 60_000);
  return report().trim().replace(/^\S+ /, '');
}

async function query<T extends pg.QueryResultRow>(text: string): Promise<T[]> {
  const client = new pg.Client(endpoints.writer);
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}

const inCopy = (file: string) => path.join(copy.folder, file);
const get = (route: string) => fetch(`${endpoints.api}${route}`);

const onLinux = process.platform === 'linux' ? test : test.failing;
onLinux('no secret is in the process list, neither during the start nor later', () => {
  expect([...leaks, ...commandLinesWithSecrets()]).toEqual([]);
});

test('a second start prints the address of the running platform, even if its own shell sets other ports', async () => {
  const { code, output } = await copy.run('start', [], { THROUGHLINE_EDGE_PORT: '1025' });
  expect(code).toBe(1);
  expect(output).toMatch(
    new RegExp(`^Throughline is already running \\(process \\d+, ${endpoints.edge}\\)\\. Stop it with: npm stop\\n$`),
  );
});

describe('while npm start runs', () => {
  const migration = `${MIGRATIONS}/0900_live.sql`;
  const write = (file: string, text: string) => () => writeFileSync(inCopy(file), text);

  test('a new migration is live', async () => {
    expect(await afterSaving(write(migration, 'CREATE TABLE orders.live (id int);\n'))).toMatch(
      /^Live after .*: schema$/,
    );
    expect(await query(`SELECT to_regclass('orders.live') IS NOT NULL AS there`)).toEqual([{ there: true }]);
  });

  test('a migration that was changed after it ran is rejected with advice, and accepted when restored', async () => {
    const changed = await afterSaving(write(migration, 'CREATE TABLE orders.live (id bigint);\n'));
    expect(changed).toMatch(
      /^Not live: Migration 0900_live\.sql was changed after it ran on this database\. .*npm run reset/,
    );
    expect(await afterSaving(write(migration, 'CREATE TABLE orders.live (id int);\n'))).toMatch(/^Live after/);
  });

  test('a broken migration is rejected with its file and line, and rolled back', async () => {
    const broken = `${MIGRATIONS}/0901_broken.sql`;
    const report = await afterSaving(
      write(broken, 'CREATE TABLE orders.half (id int);\n\nCREATE TABEL orders.other (id int);\n'),
    );
    expect(report).toBe('Not live: Migration 0901_broken.sql, line 3: syntax error at or near "TABEL"');
    expect(await query(`SELECT to_regclass('orders.half') IS NULL AS gone`)).toEqual([{ gone: true }]);
    expect(await afterSaving(() => rmSync(inCopy(broken)))).toMatch(/^Live after/);
  });

  test('an edit of a handler is live, a broken edit is rejected, and a reverted edit is live', async () => {
    const file = 'lambdas/health/check-health.ts';
    const original = copy.read(file);
    const version = async () => ((await (await get('/health')).json()) as { status: string }).status;
    const edited = original.replace(
      /status = writer\.status === 'down' \? 'down'/,
      `status = writer.status === 'up' ? 'degraded'`,
    );
    expect(edited).not.toBe(original);
    expect(await afterSaving(write(file, edited))).toMatch(/^Live after .*: code$/);
    expect(await version()).toBe('degraded');
    expect(await afterSaving(write(file, `${edited}\nconst = ;\n`))).toMatch(/^Not live: .*check-health\.ts:\d+/s);
    expect(await afterSaving(write(file, original))).toMatch(/^Live after .*: code$/);
    await waitUntil(async () => (await version()) === 'ok', 20_000);
  });

  test('a construct that does not synthesize is rejected in one line, and the restored one is live', async () => {
    const file = 'lambdas/health/health.service.ts';
    const original = copy.read(file);
    const report = await afterSaving(write(file, original.replace("probes: ['order-events']", "probes: ['orders']")));
    expect(report).toMatch(
      /^Not live: Synth failed: Declarations: function health: there is no queue orders; queues are /,
    );
    expect(report.split('\n')).toHaveLength(1);
    expect(await afterSaving(write(file, original))).toMatch(/^Live after .*construct/);
  });

  test('npm run logs prints what a handler logged, and rejects an unknown function', async () => {
    await get('/products/not-an-id');
    await waitUntil(
      async () =>
        /"route":"GET \/products\/\{id\}","status":422/.test((await copy.run('logs', ['catalog', '--once'])).output),
      10_000,
    );
    const { code, output } = await copy.run('logs', ['catalogue', '--once']);
    expect({ code, output }).toEqual({
      code: 1,
      output: expect.stringMatching(/^There is no function catalogue; functions are .*catalog,/),
    });
  });
});

describe('npm run new-service', () => {
  test.each([
    ['Reviews!', 'a name is up to 30 lower-case letters'],
    ['orders', 'the service orders has it'],
    ['expire-orders', 'the service orders has it'],
    ['products', 'the path of GET /products begins with it'],
    ['select', 'the word has a meaning of its own'],
    ['shared', 'the word has a meaning of its own'],
  ])('rejects the name %s in one line, and writes nothing', async (name, why) => {
    const { code, output } = await copy.run('new-service', [name]);
    expect(code).toBe(1);
    expect(output).toContain(why);
    expect(output.trim().split('\n')).toHaveLength(1);
  });

  test('adds a service that a running platform deploys, and edits two files besides the generated ones', async () => {
    const reloads = () => copy.read('.local/logs/live-reload.log').length;
    const before = reloads();
    const { code, output } = await copy.run('new-service', ['gift-cards']);
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    await waitUntil(async () => (await get('/gift-cards')).status === 401, 60_000);
    expect(copy.read('.local/logs/live-reload.log').slice(before)).toContain('Live after');
    const changed = execFileSync('git', ['status', '--porcelain'], { cwd: copy.folder, encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.startsWith(' M'))
      .map((line) => line.slice(3));
    const generated = [
      'client/src/operations.ts',
      'client/src/schema.ts',
      'docs/openapi.json',
      'docs/path.md',
      'docs/permissions.json',
      'README.md',
      'test/synth/__snapshots__/stages.test.ts.snap',
    ];
    expect(changed.filter((file) => !generated.includes(file)).sort()).toEqual([
      'lambdas/services.ts',
      'lib/request-path.ts',
    ]);
  }, 180_000);

  test('adds a service that passes its own tests and the checks of the whole tree', async () => {
    const checks = [
      ['node_modules/typescript-7/bin/tsc', '-p', '.'],
      ['node_modules/.bin/biome', 'ci', '.'],
      ['node_modules/.bin/depcruise', 'lambdas', 'lib', 'test', '--config', '.dependency-cruiser.cjs'],
    ];
    for (const [command = '', ...args] of checks) {
      const { code, output } = await copy.exec(command, args);
      expect({ command, code, output: code === 0 ? '' : output }).toEqual({ command, code: 0, output: '' });
    }
    const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--runInBand', '--selectProjects'];
    const { code, output } = await copy.exec('env', [
      `TEST_ENDPOINTS=${inCopy('.local/endpoints.json')}`,
      'POWERTOOLS_LOG_LEVEL=SILENT',
      process.execPath,
      ...jest,
      ...['unit', 'integration', 'path'],
      '--testPathPatterns=gift-card',
    ]);
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    expect(output).toMatch(/Test Suites: 3 passed, 3 total/);
  }, 120_000);
});
