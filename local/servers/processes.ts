import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { killGroup, killProcess } from '../child.ts';
import { CommandError, type Instance, inside, readOwnJson, writeFileAtomically } from '../instance.ts';

/** A process that the platform started. It is recorded on disk, so that a later run can recognize it. */
interface RecordedProcess {
  name: string;
  pid: number;
  /** The start time that the operating system reports. Process ids are reused. An id with its start time is unique. */
  startedAt: string;
}

const STOP_TIMEOUT_MS = 8_000;

/** The child processes of one platform. */
export class Processes {
  readonly #instance: Instance;
  readonly #children = new Map<string, { child: ChildProcess; stopSignal: NodeJS.Signals }>();
  /** Children that are being stopped and have not ended yet. */
  readonly #ending = new Set<Promise<boolean>>();
  #stopping = false;

  constructor(instance: Instance) {
    this.#instance = instance;
  }

  /** Called with the name of a child that ended without being stopped. */
  onDeath: (name: string, how: string) => void = () => {};

  get isStopping(): boolean {
    return this.#stopping;
  }

  /** Call it when the platform begins to stop, so that nothing is started while other parts of it are closed. */
  refuseStarts(): void {
    this.#stopping = true;
  }

  /** Starts a server in its own process group. Ctrl-C then reaches only us, and we stop the servers in order. */
  start(
    name: string,
    command: string,
    args: string[],
    options: SpawnOptions & { stopSignal?: NodeJS.Signals } = {},
  ): void {
    if (this.#stopping) throw new CommandError(`${name} is not started: the platform is stopping.`);
    if (this.isRunning(name)) throw new CommandError(`${name} is not started: it runs already.`);
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
    // The processes that the server started, such as warm Lambdas, must not outlive it.
    killGroup(child.pid, 'SIGKILL');
    if (!this.#stopping) this.onDeath(name, how);
  }

  isRunning(name: string): boolean {
    return this.#children.has(name);
  }

  /** Stops one child and waits for its end. Kills it after a timeout. @returns whether it ended without being killed */
  async stop(name: string, signal?: NodeJS.Signals): Promise<boolean> {
    const entry = this.#children.get(name);
    if (!entry) return false;
    this.#children.delete(name);
    const ending = endProcess(entry.child, signal ?? entry.stopSignal);
    this.#ending.add(ending);
    return ending.finally(() => this.#ending.delete(ending));
  }

  /** Stops all children, the last started first. @returns the names of those that ended without being killed */
  async stopAll(): Promise<string[]> {
    this.refuseStarts();
    const clean: string[] = [];
    for (const name of [...this.#children.keys()].reverse()) if (await this.stop(name)) clean.push(name);
    await Promise.all(this.#ending);
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
  const timer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
  // The group includes the processes that the server started, such as warm Lambdas.
  killGroup(child.pid, 'SIGKILL');
  return child.signalCode !== 'SIGKILL';
}

const stateFile = (instance: Instance) => inside(instance, 'processes.json');

/** Reads /proc if it exists, because a minimal Linux has no `ps`. @returns undefined if the process has ended */
function startTimeOf(pid: number): string | undefined {
  try {
    if (existsSync('/proc/self/stat')) {
      // Fields 3 and 22 of stat in proc(5). The name before them, in parentheses, may contain spaces.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      // A zombie has ended. Its parent has not read its exit status yet.
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

/** Kills the processes whose title begins with `prefix`, and waits for their end. */
export async function killByTitle(prefix: string): Promise<void> {
  await waitUntil(() => {
    const found = titles().filter(({ title }) => title.startsWith(prefix));
    for (const { pid } of found) killProcess(pid, 'SIGKILL');
    return found.length === 0;
  }, STOP_TIMEOUT_MS);
}

function titles(): { pid: number; title: string }[] {
  if (!existsSync('/proc/self/cmdline'))
    return execFileSync('ps', ['-axo', 'pid=,command='], { encoding: 'utf8' })
      .split('\n')
      .map((line) => ({ pid: Number.parseInt(line, 10), title: line.trim().replace(/^\d+ +/, '') }));
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), title: readTitle(name) }));
}

function readTitle(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // The process has ended in the meantime.
    return '';
  }
}

/** A damaged list counts as empty, because it no longer identifies processes of ours. */
function recordedProcesses(instance: Instance): RecordedProcess[] {
  try {
    return readOwnJson<RecordedProcess[]>(stateFile(instance)) ?? [];
  } catch {
    return [];
  }
}

/** The processes of an earlier run that still run: those with the same id and the same start time. */
export function runningProcesses(instance: Instance): RecordedProcess[] {
  return recordedProcesses(instance).filter(({ pid, startedAt }) => startTimeOf(pid) === startedAt);
}

/** Stops the remaining servers of a killed platform. @throws CommandError if the platform runs */
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

/** The address of the running platform. Its ports may differ from those in this shell's variables. */
function addressOf(instance: Instance): string {
  const { edge } = readOwnJson<{ edge: string }>(inside(instance, 'endpoints.json')) ?? {};
  return edge ?? 'still starting';
}

/** Stops the remaining servers of a killed platform. Kills those that do not stop in time. */
export async function stopOrphans(instance: Instance): Promise<void> {
  for (const { pid, name } of runningProcesses(instance))
    killGroup(pid, name.startsWith('postgres') ? 'SIGINT' : 'SIGTERM');
  await waitUntil(() => runningProcesses(instance).length === 0, STOP_TIMEOUT_MS).catch(() => {
    for (const { pid } of runningProcesses(instance)) killGroup(pid, 'SIGKILL');
  });
}

/** Checks `condition` every `everyMs` until it holds. @throws Error after `timeoutMs` */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 25,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`The condition did not hold within ${timeoutMs} ms.`);
    await delay(everyMs);
  }
}
