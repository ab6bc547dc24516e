import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { CommandError, type Instance, inside, readOwnJson, writeFileAtomically } from '../instance.ts';

/** A process that the platform started, remembered on disk so that a later run can tell it from a stranger's. */
interface RecordedProcess {
  name: string;
  pid: number;
  /** When the system says that it started: process ids are used again, this pair is not. */
  startedAt: string;
}

const STOP_TIMEOUT_MS = 8_000;

/** The child processes of one platform. */
export class Processes {
  readonly #instance: Instance;
  readonly #children = new Map<string, { child: ChildProcess; stopSignal: NodeJS.Signals }>();
  #stopping = false;

  constructor(instance: Instance) {
    this.#instance = instance;
  }

  /** Called with a name when a child ends that nobody stopped. */
  onDeath: (name: string, how: string) => void = () => {};

  /** Starts a server in a process group of its own, so that Ctrl-C reaches it through us and in order. */
  start(
    name: string,
    command: string,
    args: string[],
    options: SpawnOptions & { stopSignal?: NodeJS.Signals } = {},
  ): void {
    if (this.#stopping) throw new CommandError(`${name} is not started: the platform is stopping.`);
    const { stopSignal = 'SIGTERM', ...spawnOptions } = options;
    const log = openSync(inside(this.#instance, 'logs', `${name}.log`), 'a');
    const child = spawn(command, args, { ...spawnOptions, stdio: ['ignore', log, log], detached: true });
    child.once('error', (error) => this.#died(name, child, error.message));
    child.once('exit', (code, signal) => this.#died(name, child, signal ?? `exit code ${code}`));
    this.#children.set(name, { child, stopSignal });
    this.#record();
  }

  #died(name: string, child: ChildProcess, how: string): void {
    if (this.#children.get(name)?.child !== child) return;
    this.#children.delete(name);
    if (!this.#stopping) this.onDeath(name, how);
  }

  isRunning(name: string): boolean {
    return this.#children.has(name);
  }

  /** Stops one child and waits for its end; what does not go is killed. @returns whether it went by itself */
  async stop(name: string, signal?: NodeJS.Signals): Promise<boolean> {
    const entry = this.#children.get(name);
    if (!entry) return false;
    this.#children.delete(name);
    return endProcess(entry.child, signal ?? entry.stopSignal);
  }

  /** Stops all, the last started first. @returns the names of those that went by themselves */
  async stopAll(): Promise<string[]> {
    this.#stopping = true;
    const clean: string[] = [];
    for (const name of [...this.#children.keys()].reverse()) if (await this.stop(name)) clean.push(name);
    rmSync(stateFile(this.#instance), { force: true });
    return clean;
  }

  #record(): void {
    const all: RecordedProcess[] = [
      { name: 'throughline', pid: process.pid },
      ...[...this.#children].map(([name, { child }]) => ({ name, pid: child.pid ?? 0 })),
    ]
      .filter(({ pid }) => pid > 0)
      .map((each) => ({ ...each, startedAt: startTimeOf(each.pid) ?? '' }));
    writeFileAtomically(stateFile(this.#instance), JSON.stringify(all));
  }
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null || !child.pid) return false;
  const ended = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => killGroup(child.pid as number, 'SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
  // What the server itself started (a warm Lambda, say) is in its group.
  killGroup(child.pid, 'SIGKILL');
  return child.signalCode !== 'SIGKILL';
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone already.
  }
}

const stateFile = (instance: Instance) => inside(instance, 'processes.json');

/** From /proc where there is one, since a small Linux has no `ps`. */
function startTimeOf(pid: number): string | undefined {
  try {
    if (existsSync('/proc/self/stat')) {
      // Fields 3 and 22 of proc(5)'s stat; the name before them, in brackets, may hold blanks.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      // A zombie has ended; only nobody has asked how.
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    return (
      execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim() || undefined
    );
  } catch {
    return undefined;
  }
}

/** A damaged list is none: what it named cannot be told from strangers. */
function recordedProcesses(instance: Instance): RecordedProcess[] {
  try {
    return readOwnJson<RecordedProcess[]>(stateFile(instance)) ?? [];
  } catch {
    return [];
  }
}

/** The processes of an earlier run that are still alive: same id and same start. */
export function runningProcesses(instance: Instance): RecordedProcess[] {
  return recordedProcesses(instance).filter(({ pid, startedAt }) => startTimeOf(pid) === startedAt);
}

/** @throws CommandError when the platform runs; ends what a killed one left behind */
export async function assertNotRunning(instance: Instance): Promise<void> {
  const alive = runningProcesses(instance);
  const main = alive.find((each) => each.name === 'throughline');
  if (main && main.pid !== process.pid) {
    throw new CommandError(
      `Throughline is already running (process ${main.pid}, ${addressOf(instance)}). Stop it with: npm stop`,
    );
  }
  await stopOrphans(instance);
}

/** Where the running platform is: not necessarily on the ports that this shell names. */
function addressOf(instance: Instance): string {
  const { edge } = readOwnJson<{ edge: string }>(inside(instance, 'endpoints.json')) ?? {};
  return edge ?? 'still starting';
}

/** Ends what a killed platform left behind; what does not go is killed. */
export async function stopOrphans(instance: Instance): Promise<void> {
  for (const { pid, name } of runningProcesses(instance))
    killGroup(pid, name.startsWith('postgres') ? 'SIGINT' : 'SIGTERM');
  await waitUntil(() => runningProcesses(instance).length === 0, STOP_TIMEOUT_MS).catch(() => {
    for (const { pid } of runningProcesses(instance)) killGroup(pid, 'SIGKILL');
  });
}

/** Looks again until `condition` holds. @throws Error after `timeoutMs` */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 25,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Nothing after ${timeoutMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
