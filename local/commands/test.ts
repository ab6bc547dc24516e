import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { EXAMPLES, fuzz } from '../checks/fuzz.ts';
import { lintTemplates } from '../checks/lint-templates.ts';
import { openControl } from '../checks/test-control.ts';
import { type ChildError, killChildren, runChild, runTool } from '../child.ts';
import { CommandError, freePorts, type Instance, inside, prepareFolder, ROOT } from '../instance.ts';
import { Platform } from '../platform.ts';
import { databaseFolders } from '../servers/postgres-installation.ts';
import { assertNotRunning } from '../servers/processes.ts';

const BIN = path.join(ROOT, 'node_modules', '.bin');
/**
 * Suites that need no running platform. `static` is types, lint, format and import rules. `emulated` starts emulators of
 * its own, and `laptop` platforms of its own, in a copy of the working tree.
 */
const OFFLINE = ['static', 'unit', 'synth', 'emulated', 'laptop'];
/** Suites that share one platform. It uses free ports, so that `npm start` can run at the same time. */
const ONLINE = ['integration', 'path', 'fuzz', 'failure'];

/** Suites that run one file at a time, because they stop servers, share one platform or start servers of their own. */
const SERIAL = ['failure', 'emulated', 'laptop'];
/** Keeps the logs of the code under test out of the output of a test run. */
const QUIET = { POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' };

interface Tally {
  passed: number;
  failed: number;
}

const tally: Tally = { passed: 0, failed: 0 };

/** Runs a tool over the whole tree. It counts as one test. */
const check = (title: string, command: string, args: string[]): Promise<void> =>
  attempt(title, () => runTool(path.join(BIN, command), args, { cwd: ROOT }));

/** Runs `work` and counts it as one test. */
async function attempt(title: string, work: () => Promise<void>): Promise<void> {
  const startedMs = Date.now();
  const error = await work().then(
    () => undefined,
    (reason: Error) => reason,
  );
  tally[error ? 'failed' : 'passed']++;
  console.log(`${error ? '✖' : '✔'} ${title} [${secondsSince(startedMs)} s]`);
  if (error) console.log(error.message);
}

const secondsSince = (startedMs: number) => ((Date.now() - startedMs) / 1000).toFixed(1);

/**
 * Runs Jest in another process, because the edge that the path tests call runs in this one. Prints the output of Jest
 * when it ends.
 */
async function jest(suites: string[], patterns: string[], env: Record<string, string> = {}): Promise<void> {
  const startedMs = Date.now();
  const report = path.join(ROOT, '.build', `jest-${suites.join('-')}.json`);
  mkdirSync(path.dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const serial = suites.some((suite) => SERIAL.includes(suite)) ? ['--runInBand'] : ['--maxWorkers=2'];
  const options = ['--selectProjects', ...suites, '--json', `--outputFile=${report}`, '--passWithNoTests', ...serial];
  const script = path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  const { failed, stderr } = await runChild(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      script,
      ...options,
      ...(process.env.CI ? ['--ci'] : []),
      ...patterns,
    ],
    { cwd: ROOT, env: { ...process.env, ...QUIET, ...env } },
  ).then(
    ({ stderr }) => ({ failed: false, stderr }),
    (error: ChildError) => ({ failed: true, stderr: error.stderr }),
  );
  console.log(stderr.trimEnd());
  console.log(`Suites ${suites.join(', ')} took ${secondsSince(startedMs)} s.`);
  if (!existsSync(report)) {
    tally.failed++;
    return console.log(`✖ jest ${suites.join(', ')} wrote no report`);
  }
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
  tally.passed += numPassedTests;
  tally.failed += numFailedTests + numRuntimeErrorTestSuites;
  if (failed && numFailedTests + numRuntimeErrorTestSuites === 0) tally.failed++;
}

/** Starts a new platform, runs `work`, and stops the platform even if `work` fails. */
async function withPlatform(work: (platform: Platform) => Promise<void>): Promise<void> {
  const instance: Instance = { name: 'test', folder: path.join(ROOT, '.test'), ports: await freePorts() };
  prepareFolder(instance);
  await assertNotRunning(instance);
  for (const folder of [...databaseFolders(instance), instance.folder])
    rmSync(folder, { recursive: true, force: true });
  const platform = new Platform(instance);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      killChildren();
      void platform.stop().then(() => process.exit(130));
    });
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

const ALL = [...OFFLINE, ...ONLINE];
/**
 * Suites that run by name, and in CI with `all`. `emulated` deploys the AWS stages several times. `laptop` starts two
 * platforms and takes as long as all other suites.
 */
const ON_REQUEST = ['emulated', 'laptop'];
const DEFAULT = ALL.filter((suite) => !ON_REQUEST.includes(suite));
const args = process.argv.slice(2);
const words = args.flatMap((word) => (word === 'all' ? ALL : [word]));
const patterns = words.filter((word) => !ALL.includes(word));
const named = words.filter((word) => ALL.includes(word));
const chosen = named.length > 0 ? named : patterns.length > 0 ? ALL.filter((suite) => suite !== 'static') : DEFAULT;
const wants = (suite: string) => chosen.includes(suite);
const startedMs = Date.now();

/** The checks of the whole tree, and the suites that do not need the shared platform. */
async function offlineLane(): Promise<void> {
  if (wants('static')) {
    await check('types (TypeScript 7)', '../typescript-7/bin/tsc', ['-p', '.']);
    await check('lint and format (biome)', 'biome', ['ci', '.']);
    const folders = ['bin', 'client/src', 'client/examples', 'lib', 'lambdas', 'local', 'web', 'test'];
    await check('import rules (dependency-cruiser)', 'depcruise', [...folders, '--config', '.dependency-cruiser.cjs']);
  }
  const suites = ['unit', 'synth'].filter(wants);
  if (suites.length > 0) await jest(suites, patterns);
  synthesized.resolve();
  for (const suite of ON_REQUEST.filter(wants)) await jest([suite], patterns);
}

/** Resolves when the synth suite has written the templates of every stage. */
const synthesized = Promise.withResolvers<void>();

/** The suites on the shared platform. The failure tests stop its servers, so they run last. */
async function onlineLane(): Promise<void> {
  if (ONLINE.some(wants)) await withPlatform(runOnPlatform);
}

/** Checks the templates as soon as they are written. */
async function templateLane(): Promise<void> {
  await synthesized.promise;
  if (wants('synth') && patterns.length === 0) await attempt('templates of every stage (cfn-lint)', lintTemplates);
}

async function runOnPlatform(platform: Platform): Promise<void> {
  const control = await openControl(platform);
  const env = { TEST_ENDPOINTS: inside(platform.instance, 'endpoints.json'), TEST_CONTROL: control.url };
  const parallel = ['integration', 'path'].filter(wants);
  if (parallel.length > 0) await jest(parallel, patterns, env);
  if (wants('fuzz') && patterns.length === 0)
    await attempt('fuzz of docs/openapi.json (schemathesis)', () =>
      fuzz(platform, args.includes('all') ? EXAMPLES.thorough : EXAMPLES.quick),
    );
  if (wants('failure')) await jest(['failure'], patterns, env);
  control.close();
}

// In parallel: one of them computes while another waits for servers.
await Promise.all([offlineLane(), onlineLane(), templateLane()]);
console.log(`Took ${((Date.now() - startedMs) / 1000).toFixed(0)} s.`);
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1;
