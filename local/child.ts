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

/** A child process that failed, with its output. The message has the exit code, the signal or the timeout. */
export class ChildError extends Error {
  readonly stdout: string;
  readonly stderr: string;

  constructor(command: string, reason: string, { stdout, stderr }: ChildOutput) {
    super(`${command}: ${reason}`);
    this.stdout = stdout;
    this.stderr = stderr;
  }

  get output(): string {
    return `${this.stdout}${this.stderr}`;
  }
}

const running = new Set<ChildProcess>();
// When this process ends, other than by SIGKILL, no installer and no deployment may continue to run.
process.once('exit', () => killChildren());

/** Runs a program in its own process group and waits for its end. @throws ChildError if it fails or times out */
export async function runChild(command: string, args: string[], options: ChildOptions = {}): Promise<ChildOutput> {
  const { input, timeoutMs, ...spawnOptions } = options;
  const child = spawn(command, args, { ...spawnOptions, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  running.add(child);
  const output = collect(child);
  // A child may exit without reading its input. That alone is not an error.
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  let timedOut = false;
  const timer =
    timeoutMs &&
    setTimeout(() => {
      timedOut = true;
      killGroup(child.pid, 'SIGKILL');
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

/** Runs a tool that prints what is wrong. @throws Error whose message is the tool's output */
export async function runTool(command: string, args: string[], options: ChildOptions = {}): Promise<void> {
  await runChild(command, args, options).catch((error: unknown) => {
    throw error instanceof ChildError ? new Error(error.output) : error;
  });
}

/** Kills every running child of `runChild`, and the processes that it started. */
export function killChildren(): void {
  for (const child of running) killGroup(child.pid, 'SIGKILL');
}

function collect(child: ChildProcess): () => ChildOutput {
  const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout?.on('data', (part) => parts.stdout.push(part));
  child.stderr?.on('data', (part) => parts.stderr.push(part));
  return () => ({ stdout: Buffer.concat(parts.stdout).toString(), stderr: Buffer.concat(parts.stderr).toString() });
}

/** Signals a process group. Without an id, the process was not started. */
export function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid) killProcess(-pid, signal);
}

/** Signals a process that may have ended. */
export function killProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // The process has ended already.
  }
}
