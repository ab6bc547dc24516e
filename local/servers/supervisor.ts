import { setTimeout as delay } from 'node:timers/promises';
import type { Processes } from './processes.ts';
import { StalePrimaryError } from './promotion.ts';

const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 5_000;
/** A server that ran this long counts as healthy: its next delay is the first one again. */
const HEALTHY_AFTER_MS = 30_000;
const CRASH_LOOP = { deaths: 5, withinMs: 60_000 };

export interface SupervisorActions {
  /** Starts a server again. Resolves when it is ready. */
  restart: (name: string) => Promise<void>;
  report: (line: string) => void;
  /** Ends the platform, because a server cannot be kept running. */
  giveUp: (name: string, why: string) => void;
}

interface ServerState {
  deathsAtMs: number[];
  delayMs: number;
  readyAtMs: number;
  isRestarting: boolean;
}

/** Starts each server that died again, with a growing delay. Gives up on a server that dies again and again. */
export class Supervisor {
  readonly #processes: Processes;
  readonly #actions: SupervisorActions;
  readonly #servers = new Map<string, ServerState>();

  constructor(processes: Processes, actions: SupervisorActions) {
    this.#processes = processes;
    this.#actions = actions;
  }

  /** Supervises the servers from now on, including one that died before this call. */
  watch(names: readonly string[]): void {
    for (const name of names)
      this.#servers.set(name, {
        deathsAtMs: [],
        delayMs: FIRST_DELAY_MS,
        readyAtMs: Date.now(),
        isRestarting: false,
      });
    this.#processes.onDeath = (name, how) => void this.#died(name, how);
    for (const name of names) if (!this.#processes.isRunning(name)) void this.#died(name, 'while the platform started');
  }

  async #died(name: string, how: string): Promise<void> {
    const server = this.#servers.get(name);
    // A server that dies during its restart makes the restart fail.
    if (!server || server.isRestarting) return;
    server.isRestarting = true;
    const diedAtMs = Date.now();
    if (diedAtMs - server.readyAtMs >= HEALTHY_AFTER_MS) server.delayMs = FIRST_DELAY_MS;
    if (await this.#bringBack(name, server, how)) {
      const seconds = ((Date.now() - diedAtMs) / 1000).toFixed(1);
      this.#actions.report(`${name} ended (${how}); started again after ${seconds} s`);
    }
    server.isRestarting = false;
  }

  /** @returns whether the server is ready again. It is not if the platform stops, or if the server must not run. */
  async #bringBack(name: string, server: ServerState, how: string): Promise<boolean> {
    for (let why = how; ; ) {
      if (this.#processes.isStopping) return false;
      if (isCrashLoop(server)) {
        this.#actions.giveUp(name, `ended ${CRASH_LOOP.deaths} times in ${CRASH_LOOP.withinMs / 1000} s (${why})`);
        return false;
      }
      await delay(server.delayMs);
      server.delayMs = Math.min(server.delayMs * 2, MAX_DELAY_MS);
      if (this.#processes.isStopping) return false;
      const error = await this.#restart(name);
      server.readyAtMs = Date.now();
      if (!error) return true;
      if (error instanceof StalePrimaryError) {
        this.#actions.report(error.message);
        return false;
      }
      why = error.message;
    }
  }

  /** @returns why the server is not ready */
  async #restart(name: string): Promise<Error | undefined> {
    try {
      await this.#actions.restart(name);
      return this.#processes.isRunning(name) ? undefined : new Error('it ended again during its restart');
    } catch (error) {
      // It may still run without being ready. The next attempt starts a new process.
      await this.#processes.stop(name);
      return error as Error;
    }
  }
}

/** Counts a death. @returns whether it is one too many */
function isCrashLoop(server: ServerState): boolean {
  const nowMs = Date.now();
  server.deathsAtMs = [...server.deathsAtMs.filter((atMs) => nowMs - atMs < CRASH_LOOP.withinMs), nowMs];
  return server.deathsAtMs.length >= CRASH_LOOP.deaths;
}
