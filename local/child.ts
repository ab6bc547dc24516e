import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ChildOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
  /** Written to the child's standard input. Unlike arguments, other users cannot read it from a process list. */
  input?: string;
  timeoutMs?: number;
}

export interface ChildOutput {
  stdout: string;
  stderr: string;
}

/** A child that failed: its exit code, or what ended it, with what it printed. */
export class ChildError extends Error {
  readonly stdout: string;
  readonly stderr: string;

  constructor(command: string, reason: string, { stdout, stderr }: ChildOutput) {
    super(`${command}: ${reason}`);
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

const running = new Set<ChildProcess>();
// However this process ends, short of SIGKILL, no installer or deployment goes on behind it.
process.once('exit', () => killChildren());

/** Runs a program to its end, in a process group of its own. @throws ChildError when it fails or takes too long */
export async function runChild(command: string, args: string[], options: ChildOptions = {}): Promise<ChildOutput> {
  const { input, timeoutMs, ...spawnOptions } = options;
  const child = spawn(command, args, { ...spawnOptions, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  running.add(child);
  const output = collect(child);
  // A child that does not read its input is not an error by itself.
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  let timedOut = false;
  const timer =
    timeoutMs &&
    setTimeout(() => {
      timedOut = true;
      killGroup(child, 'SIGKILL');
    }, timeoutMs);
  try {
    const [code, signal] = await once(child, 'close');
    if (code === 0) return output();
    throw new ChildError(command, timedOut ? `ended after ${timeoutMs} ms` : (signal ?? `exit code ${code}`), output());
  } finally {
    clearTimeout(timer);
    running.delete(child);
  }
}

/** Ends every child of `runChild` that still runs, with what it started itself. */
export function killChildren(): void {
  for (const child of running) killGroup(child, 'SIGKILL');
}

function collect(child: ChildProcess): () => ChildOutput {
  const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout?.on('data', (part) => parts.stdout.push(part));
  child.stderr?.on('data', (part) => parts.stderr.push(part));
  return () => ({ stdout: Buffer.concat(parts.stdout).toString(), stderr: Buffer.concat(parts.stderr).toString() });
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid) process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}
