import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fuzz } from '../checks/fuzz.ts';
import { lintTemplates } from '../checks/lint-templates.ts';
import { openControl } from '../checks/test-control.ts';
import { CommandError, freePorts, type Instance, inside, prepareFolder, ROOT } from '../instance.ts';
import { Platform } from '../platform.ts';
import { databaseFolders } from '../servers/postgres-installation.ts';
import { assertNotRunning } from '../servers/processes.ts';

const BIN = path.join(ROOT, 'node_modules', '.bin');
/** Suites that need no servers; everything else gets a platform of its own, on free ports beside a running one. */
const OFFLINE = ['unit', 'synth'];
const ONLINE = ['integration', 'path', 'fuzz', 'failure'];

/** What the code under test would log is not what a test run should show. */
const QUIET = { POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' };

interface Tally {
  passed: number;
  failed: number;
}

const tally: Tally = { passed: 0, failed: 0 };

/** Runs a tool that judges the whole tree; it counts as one test. */
function check(title: string, command: string, args: string[]): void {
  const startedMs = Date.now();
  const { status, stdout, stderr } = spawnSync(path.join(BIN, command), args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 50_000_000,
  });
  const passed = status === 0;
  tally[passed ? 'passed' : 'failed']++;
  console.log(`${passed ? '✔' : '✖'} ${title} [${((Date.now() - startedMs) / 1000).toFixed(1)} s]`);
  if (!passed) console.log(stdout + stderr);
}

/** Counts as one test. */
async function attempt(title: string, work: () => Promise<void>): Promise<void> {
  const startedMs = Date.now();
  const error = await work().then(
    () => undefined,
    (reason: Error) => reason,
  );
  tally[error ? 'failed' : 'passed']++;
  console.log(`${error ? '✖' : '✔'} ${title} [${((Date.now() - startedMs) / 1000).toFixed(1)} s]`);
  if (error) console.log(error.message);
}

/** Runs Jest in a process of its own, beside this one: the edge that the tests call lives here. */
async function jest(suites: string[], patterns: string[], env: Record<string, string> = {}): Promise<void> {
  const report = path.join(ROOT, '.build', 'jest.json');
  rmSync(report, { force: true });
  const serial = suites.includes('failure') ? ['--runInBand'] : ['--maxWorkers=2'];
  const options = ['--selectProjects', ...suites, '--json', `--outputFile=${report}`, '--passWithNoTests', ...serial];
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'),
      ...options,
      ...(process.env.CI ? ['--ci'] : []),
      ...patterns,
    ],
    { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...QUIET, ...env } },
  );
  const [status] = await once(child, 'exit');
  if (!existsSync(report)) {
    tally.failed++;
    console.log(`✖ jest ${suites.join(', ')} ended with ${status} and no report`);
    return;
  }
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
  tally.passed += numPassedTests;
  tally.failed += numFailedTests + numRuntimeErrorTestSuites;
  if (status !== 0 && numFailedTests + numRuntimeErrorTestSuites === 0) tally.failed++;
}

/** Starts a fresh platform, runs `work` and stops it, whatever happens. */
async function withPlatform(work: (platform: Platform) => Promise<void>): Promise<void> {
  const instance: Instance = { name: 'test', folder: path.join(ROOT, '.test'), ports: await freePorts() };
  prepareFolder(instance);
  await assertNotRunning(instance);
  for (const folder of [...databaseFolders(instance), instance.folder])
    rmSync(folder, { recursive: true, force: true });
  const platform = new Platform(instance);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void platform.stop().then(() => process.exit(130)));
  try {
    const startedMs = Date.now();
    for (const { steps } of platform.steps()) await Promise.all(steps.map((step) => step.run()));
    console.log(`✔ platform for the tests [${((Date.now() - startedMs) / 1000).toFixed(1)} s]`);
    await work(platform);
  } catch (error) {
    tally.failed++;
    console.error(error instanceof CommandError ? error.message : error);
  } finally {
    await platform.stop();
  }
}

const words = process.argv.slice(2);
const chosen = words.filter((word) => [...OFFLINE, ...ONLINE].includes(word));
const patterns = words.filter((word) => !chosen.includes(word));
const wants = (suites: string[]) => suites.filter((suite) => chosen.length === 0 || chosen.includes(suite));
const startedMs = Date.now();

if (words.length === 0) {
  check('types (TypeScript 7)', '../typescript-7/bin/tsc', ['-p', '.']);
  check('lint and format (biome)', 'biome', ['ci', '.']);
  check('import rules (dependency-cruiser)', 'depcruise', [
    'bin',
    'lib',
    'lambdas',
    'local',
    'web',
    'test',
    '--config',
    '.dependency-cruiser.cjs',
  ]);
}
if (wants(OFFLINE).length > 0) await jest(wants(OFFLINE), patterns);
if (wants(['synth']).length > 0 && patterns.length === 0)
  await attempt('templates of every stage (cfn-lint)', lintTemplates);
if (wants(ONLINE).length > 0) {
  await withPlatform(async (platform) => {
    const control = await openControl(platform);
    const env = { TEST_ENDPOINTS: inside(platform.instance, 'endpoints.json'), TEST_CONTROL: control.url };
    const parallel = wants(ONLINE).filter((suite) => suite === 'integration' || suite === 'path');
    if (parallel.length > 0) await jest(parallel, patterns, env);
    if (wants(ONLINE).includes('fuzz') && patterns.length === 0) await attempt('fuzz of docs/openapi.json (schemathesis)', () => fuzz(platform));
    if (wants(ONLINE).includes('failure')) await jest(['failure'], patterns, env);
    control.close();
  });
}
console.log(`Took ${((Date.now() - startedMs) / 1000).toFixed(0)} s.`);
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1;
