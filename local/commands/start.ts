import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Listr, type ListrTask, PRESET_TIMER } from 'listr2';
import { killChildren } from '../child.ts';
import { fail, runCommand } from '../cli.ts';
import { reloadLog, report, watch } from '../deployment/watch.ts';
import { CommandError, defaultInstance, inside, prepareFolder } from '../instance.ts';
import { isReady, Platform, type Step } from '../platform.ts';
import { assertNotRunning, runningProcesses, waitUntil } from '../servers/processes.ts';
import { Supervisor } from '../servers/supervisor.ts';

const DETACHED_TIMEOUT_MS = 900_000;
const STOP_TIMEOUT_MS = 60_000;
const PROMOTION_POLL_MS = 2_000;

/** Runs the platform in this process until a signal stops it. */
async function runPlatform(): Promise<void> {
  const platform = new Platform(defaultInstance());
  const startedMs = Date.now();
  // This check comes first. If the platform runs already, this process must not touch it.
  await platform.check();
  const { stop, isStopping } = stopOnSignals(platform);
  try {
    await runSteps(platform);
    console.log(summary(platform, Date.now() - startedMs));
    supervise(platform, watch(platform), (reason) => void stop(reason));
  } catch (error) {
    // A stop makes the running steps fail. Their errors are not worth printing.
    if (!isStopping()) fail(error);
    await stop();
  }
}

/** Runs the steps and prints their durations: a live list on a terminal, plain lines elsewhere. */
async function runSteps(platform: Platform): Promise<void> {
  const running: Promise<void>[] = [];
  const run = (step: Step) => {
    const run = step.run();
    running.push(run);
    return run;
  };
  const groups: ListrTask[] = platform.steps().map(({ title, steps }) => ({
    title,
    task: (_, task) =>
      task.newListr(
        steps.map((step) => ({ title: step.title, task: () => run(step) })),
        { concurrent: true },
      ),
  }));
  const rendererOptions = { timer: PRESET_TIMER, collapseSubtasks: false, showErrorMessage: false };
  const renderer = process.stdout.isTTY ? 'default' : 'simple';
  try {
    // Listr's own signal handlers would exit at once and leave the servers running.
    await new Listr(groups, { renderer, rendererOptions, registerSignalListeners: false }).run();
  } finally {
    // If one step fails, the parallel steps still use the servers. Wait for them before the servers are stopped.
    await Promise.allSettled(running);
  }
}

/** Keeps the servers running, and only one primary. A server that cannot be kept running ends the platform. */
function supervise(platform: Platform, emulatorRestored: () => void, stop: (reason: string) => void): void {
  const { processes, instance } = platform;
  const restart = async (name: string) => {
    await platform.restart(name);
    if (name === 'emulator') emulatorRestored();
  };
  const giveUp = (name: string, why: string) => {
    const log = inside(instance, 'logs', `${name}.log`);
    stop(`${name} ${why}. The platform stops. Correct what ${log} reports, then: npm start`);
  };
  new Supervisor(processes, { restart, report: (line) => report(platform, line), giveUp }).watch(platform.servers);
  void watchForPromotion(platform);
}

/** Someone can promote the replica at any time, with `pg_promote()`. Then the primary must end. */
async function watchForPromotion(platform: Platform): Promise<void> {
  const { processes, postgres } = platform;
  while (!processes.isStopping) {
    // The replica may be restarting. Then the next round asks it.
    const line = await postgres.stopStalePrimary(processes).catch(() => undefined);
    if (line) report(platform, line);
    await delay(PROMOTION_POLL_MS);
  }
}

/** The first signal stops everything in order. A server that cannot be kept running stops the rest in the same way. */
function stopOnSignals(platform: Platform) {
  let stopping: Promise<void> | undefined;
  const stop = (reason?: string) => {
    stopping ??= (async () => {
      if (reason) {
        console.error(reason);
        process.exitCode = 1;
      }
      // A running install or deployment must not continue during the stop.
      killChildren();
      await platform.stop();
      process.exit();
    })();
    return stopping;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());
  return { stop, isStopping: () => stopping !== undefined };
}

function summary(platform: Platform, tookMs: number): string {
  const { edge, mailbox, writer, reader, cache, aws, admin } = platform.endpoints();
  const rows = [
    ['Storefront', edge],
    ['API', `${edge}/api`],
    ['Mailbox', mailbox],
    ['Primary', withoutPassword(writer)],
    ['Replica', withoutPassword(reader)],
    ['Cache', withoutPassword(cache)],
    ['Emulator', aws],
    ['Administrator', `${admin.email}, password ${admin.password}`],
    ['Passwords', inside(platform.instance, 'endpoints.json')],
    ['Logs', `${inside(platform.instance, 'logs')}; logs of the functions: npm run logs`],
    ['Live reload', reloadLog(platform)],
  ];
  const lines = rows.map(([name, value]) => `  ${name?.padEnd(15)}${value}`);
  const seconds = (tookMs / 1000).toFixed(1);
  return `\nReady in ${seconds} s. Stop with Ctrl-C or npm stop.\n\n${lines.join('\n')}\n`;
}

const withoutPassword = (url: string) => url.replace(/:[^:@/]*@/, ':…@');

/** @returns a function that prints what has been added to a file since its last call */
function followFile(file: string): () => void {
  let shown = 0;
  return () => {
    const text = readFileSync(file, 'utf8');
    if (text.length > shown) process.stdout.write(text.slice(shown));
    shown = text.length;
  };
}

/** Starts the platform in the background and returns when it is ready. */
async function runDetached(): Promise<void> {
  const instance = defaultInstance();
  prepareFolder(instance);
  await assertNotRunning(instance);
  const logFile = inside(instance, 'logs', 'start.log');
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [import.meta.filename], { detached: true, stdio: ['ignore', log, log] });
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  // An interrupted start must leave no platform running. Stop it and wait for its end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      child.kill('SIGTERM');
      void waitUntil(() => ended, STOP_TIMEOUT_MS).finally(() => process.exit(128 + constants.signals[signal]));
    });
  const show = followFile(logFile);
  const isUp = () =>
    isReady(instance) && runningProcesses(instance).length > 0 && /Ready in/.test(readFileSync(logFile, 'utf8'));
  const isSettled = () => {
    show();
    return ended || isUp();
  };
  await waitUntil(isSettled, DETACHED_TIMEOUT_MS, 50);
  show();
  if (ended) throw new CommandError('The platform did not start. The error is above.');
  child.unref();
}

await runCommand(async () => {
  const options = process.argv.slice(2);
  const unknown = options.find((option) => option !== '--detach');
  if (unknown) throw new CommandError(`Unknown option ${unknown}. The only option is --detach: npm start -- --detach`);
  await (options.length > 0 ? runDetached() : runPlatform());
});
