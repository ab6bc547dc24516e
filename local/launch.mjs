// What `npm start`, `npm test` and the others run first. Plain JavaScript for any Node from 20 on, with no dependency:
// it installs the locked dependencies, the project's own Node 24 among them, and hands over to that.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '..');
const COMMANDS = ['start', 'stop', 'reset', 'test', 'openapi', 'bundles', 'docs', 'cost', 'smoke'];
const MODULES = path.join(ROOT, 'node_modules');
const STAMP = path.join(MODULES, '.throughline-lock');
const NODE = path.join(MODULES, '.bin', 'node');

function fail(line) {
  console.error(line);
  process.exit(1);
}

const [command, ...args] = process.argv.slice(2);
if (!COMMANDS.includes(command)) fail(`Unknown command "${command}". Use one of: ${COMMANDS.join(', ')}.`);
const major = Number(process.versions.node.split('.')[0]);
if (major < 20)
  fail(`Node ${process.versions.node} is too old; 20 or newer is needed to begin. Install it from https://nodejs.org.`);

function installDependencies() {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(ROOT, 'package-lock.json')))
    .digest('hex');
  if (existsSync(NODE) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === lock) return;
  const startedMs = Date.now();
  console.log('Installing the locked npm dependencies (once, about half a minute) …');
  // npm's own settings of the outer `npm start` must not leak into this one.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_(?!registry|cafile|.*proxy)|package|lifecycle|command)/i.test(name),
    ),
  );
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env,
  });
  if (npm.error) fail(`npm cannot be run (${npm.error.message}). Install npm and try again.`);
  if (npm.status !== 0) fail('npm ci failed; see above. Check the connection to the npm registry and try again.');
  if (!existsSync(NODE))
    fail(
      'npm ci brought no node_modules/.bin/node. Allow install scripts (npm config get ignore-scripts) and try again.',
    );
  writeFileSync(STAMP, lock);
  console.log(`Installed in ${((Date.now() - startedMs) / 1000).toFixed(1)} s.`);
}

installDependencies();
const child = spawn(NODE, [path.join(ROOT, 'local', 'commands', `${command}.ts`), ...args], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${path.join(MODULES, '.bin')}${path.delimiter}${process.env.PATH}` },
});
// Ctrl-C reaches the child by itself; a signal sent to this process alone is passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)));
