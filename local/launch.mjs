// The entry point of `npm start`, `npm test` and the other commands. It is plain JavaScript for Node 20 or newer,
// without dependencies. It installs the locked dependencies, which include Node 24, and runs the command with that Node.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '..');
const COMMANDS = readdirSync(path.join(ROOT, 'local', 'commands')).map((file) => file.replace('.ts', ''));
const MODULES = path.join(ROOT, 'node_modules');
const STAMP = path.join(MODULES, '.throughline-lock');
const NODE = path.join(MODULES, '.bin', 'node');
const LOCK = path.join(ROOT, '.install-lock');
const PROGRESS_EVERY_MS = 10_000;

function fail(line) {
  console.error(line);
  process.exit(1);
}

/** The running child. Signals are forwarded to it, or to its whole process group if it has its own. */
let child;
let childHasGroup = false;
function forwardSignal(signal) {
  try {
    if (child?.pid) process.kill(childHasGroup ? -child.pid : child.pid, signal);
  } catch {
    // The process has ended already.
  }
}
process.on('exit', () => {
  if (childHasGroup) forwardSignal('SIGKILL');
  releaseLock();
});

/** Commands that call an AWS account. They need the shell's credentials and the settings of a stage, as the CDK CLI does. */
const ON_AWS = ['preflight'];

/**
 * Removes the shell variables that would change what runs. The clients of PostgreSQL and AWS read some of them; others
 * inject code through Node or the dynamic loader. Proxy settings and a company's certificates stay, because the
 * installers need them.
 */
function cleanEnvironment(env, command) {
  const dropped =
    /^(PG|AWS_|CDK_|LD_|DYLD_|PYTHON|NODE_|npm_|MINISTACK|LOCALSTACK|POWERTOOLS_|THROUGHLINE_)|^(BUILD_FOLDER|DEBUG)$/;
  const kept = ON_AWS.includes(command)
    ? /^(AWS_|CDK_DEFAULT_|THROUGHLINE_|NODE_EXTRA_CA_CERTS$)/
    : /^(AWS_ENDPOINT_URL|AWS_CA_BUNDLE|NODE_EXTRA_CA_CERTS|THROUGHLINE_\w+_PORT)$/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => kept.test(name) || !dropped.test(name)));
}

let lockHeld = false;
function releaseLock() {
  if (lockHeld) rmSync(LOCK, { recursive: true, force: true });
  lockHeld = false;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Two commands that start at the same time in a new clone must not both install. The second one waits. */
async function takeLock() {
  for (let announced = false; ; ) {
    try {
      mkdirSync(LOCK);
      lockHeld = true;
      writeFileSync(path.join(LOCK, 'pid'), String(process.pid));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST')
        fail(`${LOCK} cannot be created (${error.message}). Check the permissions of its folder and try again.`);
    }
    const owner = existsSync(path.join(LOCK, 'pid')) ? Number(readFileSync(path.join(LOCK, 'pid'), 'utf8')) : 0;
    if (owner && !isAlive(owner)) rmSync(LOCK, { recursive: true, force: true });
    else if (!announced) {
      announced = true;
      console.log('Another command is installing the dependencies; waiting for it.');
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

const lockfileHash = () =>
  createHash('sha256')
    .update(readFileSync(path.join(ROOT, 'package-lock.json')))
    .digest('hex');
const isInstalled = () => existsSync(NODE) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === lockfileHash();

async function installDependencies() {
  if (isInstalled()) return;
  await takeLock();
  if (isInstalled()) return releaseLock();
  const startedMs = Date.now();
  const seconds = () => ((Date.now() - startedMs) / 1000).toFixed(0);
  console.log('Installing the locked npm dependencies (once, about half a minute) …');
  const timer = setInterval(() => console.log(`Installing … ${seconds()} s`), PROGRESS_EVERY_MS);
  // The npm settings of the outer `npm start` must not affect this npm.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_(?!registry|cafile|.*proxy)|package|lifecycle|command)/i.test(name),
    ),
  );
  const status = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], env, true);
  clearInterval(timer);
  if (status.error) fail(`npm cannot be run (${status.error.message}). Install npm and try again.`);
  if (status.signal) process.exit(128 + constants.signals[status.signal]);
  if (status.code !== 0) fail('npm ci failed; see above. Check the connection to the npm registry and try again.');
  if (!existsSync(NODE))
    fail(
      'npm ci did not install node_modules/.bin/node. ' +
        'Allow install scripts (npm config get ignore-scripts) and try again.',
    );
  writeFileSync(STAMP, lockfileHash());
  releaseLock();
  console.log(`Installed in ${seconds()} s.`);
}

/** @param group whether the child gets its own process group, so that a signal also ends the processes it started */
function run(command, args, env, group) {
  return new Promise((resolve) => {
    const stdin = group ? 'ignore' : 'inherit';
    child = spawn(command, args, { cwd: ROOT, stdio: [stdin, 'inherit', 'inherit'], env, detached: group });
    childHasGroup = group;
    child.once('error', (error) => resolve({ error }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

const [command, ...args] = process.argv.slice(2);
if (!COMMANDS.includes(command)) fail(`Unknown command "${command}". Use one of: ${COMMANDS.join(', ')}.`);
const major = Number(process.versions.node.split('.')[0]);
if (major < 20)
  fail(`Node ${process.versions.node} is too old; 20 or newer is needed. Install it from https://nodejs.org.`);

// In a new clone, nothing runs and no data exists. These commands must not install anything to report that.
if (command === 'stop' && !existsSync(path.join(ROOT, '.local', 'processes.json'))) {
  console.log('Nothing is running.');
  process.exit(0);
}
if (command === 'reset' && !existsSync(path.join(ROOT, '.local'))) {
  console.log('There is no local data.');
  process.exit(0);
}

// Ctrl-C reaches a child in the same process group directly. A signal to this process alone is forwarded.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => forwardSignal(signal));
await installDependencies();
const script = path.join(ROOT, 'local', 'commands', `${command}.ts`);
const bin = path.join(MODULES, '.bin');
const env = { ...cleanEnvironment(process.env, command), PATH: `${bin}${path.delimiter}${process.env.PATH}` };
const { error, code, signal } = await run(NODE, [script, ...args], env, false);
if (error) fail(`${NODE} cannot be run (${error.message}). Remove node_modules and try again.`);
process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1));
