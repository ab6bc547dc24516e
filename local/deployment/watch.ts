import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { watch as watchFiles } from 'chokidar';
import { buildWeb } from '../../web/build.ts';
import { runChild } from '../child.ts';
import { inside, ROOT } from '../instance.ts';
import type { Platform } from '../platform.ts';
import { CodeUpdates } from './code-updates.ts';

/** Editors write a file in several steps, and a new service has many files. Such a burst counts as one change. */
const SETTLE_MS = 60;
const APPLY_TIMEOUT_MS = 120_000;

/** Generated, and part of the code of the function `reference`. */
const OPEN_API = path.join('docs', 'openapi.json');

export type Change = 'code' | 'construct' | 'schema' | 'web';

/** The file to which the results of live reload are written, in addition to the terminal. */
export const reloadLog = (platform: Platform): string => inside(platform.instance, 'logs', 'live-reload.log');

/** Prints a line, and adds it with its time to the log of live reload. */
export function report(platform: Platform, line: string): void {
  console.log(line);
  appendFileSync(reloadLog(platform), `${new Date().toISOString()} ${line}\n`);
}

/**
 * Makes saved files live. A handler gets new code. A construct, a contract, a declaration or a migration is deployed.
 * @returns a function to call after a restart of the emulator. The emulator has the code of the latest synth then.
 */
export function watch(platform: Platform): () => void {
  const functions = new CodeUpdates(platform);
  // A change that failed stays pending. The next save of any file applies it too.
  const pending = new Set<Change>();
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const flush = () => {
    running = running.then(async () => {
      const changes = new Set(pending);
      if (changes.size === 0) return;
      pending.clear();
      const startedMs = performance.now();
      try {
        await apply(platform, functions, changes);
        report(
          platform,
          `Live after ${((performance.now() - startedMs) / 1000).toFixed(2)} s: ${[...changes].join(', ')}`,
        );
      } catch (error) {
        for (const change of changes) pending.add(change);
        report(platform, `Not live: ${(error as Error).message}`);
      }
    });
  };
  watchFiles(
    ['lambdas', 'lib', 'bin', 'web', 'client', OPEN_API].map((watched) => path.join(ROOT, watched)),
    { ignoreInitial: true },
  ).on('all', (_, file) => {
    if (!/\.(ts|sql|html|css|svg)$|openapi\.json$/.test(file)) return;
    pending.add(changeOf(path.relative(ROOT, file)));
    clearTimeout(timer);
    timer = setTimeout(flush, SETTLE_MS);
  });
  return () => {
    if (functions.lostUpdates()) pending.add('code');
    // A change that failed while the emulator was down is pending too.
    flush();
  };
}

/**
 * What a file of the project changes. A declaration or an event type changes queues, roles and users, so it needs a
 * complete deployment.
 */
export function changeOf(file: string): Change {
  if (/^(web|client)\//.test(file)) return 'web';
  if (file.endsWith('.sql')) return 'schema';
  const deployed = /^(lib|bin)\/|\.(construct|routes|service|events)\.ts$|^lambdas\/(services|registry)\.ts$/;
  return deployed.test(file) ? 'construct' : 'code';
}

async function apply(platform: Platform, functions: CodeUpdates, changes: Set<Change>): Promise<void> {
  if (changes.has('web')) buildWeb();
  if (changes.has('construct') || changes.has('schema')) {
    await applyInFreshProcess(platform, changes.has('construct') ? 'all' : 'schema');
    if (changes.has('construct')) functions.deployed();
  }
  if (changes.has('code') && !changes.has('construct')) await functions.update();
}

/**
 * Applies changes in a new process, which reads the declarations and migrations that are on disk now.
 * @throws Error with its error output
 */
async function applyInFreshProcess({ instance }: Platform, scope: 'all' | 'schema'): Promise<void> {
  const script = path.join(ROOT, 'local', 'deployment', 'apply-changes.ts');
  await runChild(process.execPath, [script, scope, JSON.stringify(instance)], {
    cwd: ROOT,
    timeoutMs: APPLY_TIMEOUT_MS,
  }).catch((cause: Error & { stderr?: string }) => {
    throw new Error(cause.stderr?.trim() || cause.message);
  });
}
