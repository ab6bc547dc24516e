import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts, type Ports } from '../../local/instance.ts';
import { ROOT } from './assembly.ts';

/** A copy of the working tree in a temporary folder, like a new clone. */
export interface Copy {
  folder: string;
  ports: Ports;
  /** Runs `npm run <command>` in the copy and waits for its end. */
  run(command: string, args?: string[], env?: NodeJS.ProcessEnv): Promise<{ code: number | null; output: string }>;
  /** The same for any program. */
  exec(command: string, args: string[]): Promise<{ code: number | null; output: string }>;
  spawn(command: string, args?: string[], env?: NodeJS.ProcessEnv): ChildProcess;
  read(file: string): string;
  remove(): Promise<void>;
}

/** @param installed whether the copy has the dependencies of this checkout. Otherwise it has none, like a new clone. */
export async function copyOfTree(installed: boolean): Promise<Copy> {
  const folder = mkdtempSync(path.join(tmpdir(), 'throughline-copy-'));
  // If the tests run as root, the database runs as another user, who must be able to enter the folder.
  execFileSync('chmod', ['755', folder]);
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' });
  for (const file of files
    .trim()
    .split('\n')
    .filter((each) => existsSync(path.join(ROOT, each)))) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    cpSync(path.join(ROOT, file), path.join(folder, file));
  }
  if (installed)
    for (const each of ['node_modules', '.venv'].filter((name) => existsSync(path.join(ROOT, name))))
      symlinkSync(path.join(ROOT, each), path.join(folder, each));
  const ports = await freePorts();
  const portVariables = Object.fromEntries(
    Object.entries(ports).map(([name, port]) => [`THROUGHLINE_${name.toUpperCase()}_PORT`, String(port)]),
  );
  const start = (command: string, args: string[], env: NodeJS.ProcessEnv = {}) =>
    spawn(command, args, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...portVariables, TEST_ENDPOINTS: undefined, TEST_CONTROL: undefined, ...env },
    });
  const launch = (command: string, args: string[] = []) => [path.join('local', 'launch.mjs'), command, ...args];
  return {
    folder,
    ports,
    spawn: (command, args, env) => start(process.execPath, launch(command, args), env),
    run: (command, args, env) => outputOf(start(process.execPath, launch(command, args), env)),
    exec: (command, args) => outputOf(start(command, args)),
    read: (file) => (existsSync(path.join(folder, file)) ? readFileSync(path.join(folder, file), 'utf8') : ''),
    remove: async () => {
      await outputOf(start(process.execPath, launch('reset')));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function outputOf(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  const parts: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part) => parts.push(part));
  const [code] = await once(child, 'close');
  return { code, output: Buffer.concat(parts).toString() };
}
