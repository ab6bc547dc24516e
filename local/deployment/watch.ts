import path from 'node:path';
import { LambdaClient, UpdateFunctionCodeCommand } from '@aws-sdk/client-lambda';
import { watch as watchFiles } from 'chokidar';
import { buildBundles, type FunctionName, HANDLERS } from '../../lib/constructs/bundles.ts';
import { buildWeb } from '../../web/build.ts';
import { ROOT } from '../instance.ts';
import type { Platform } from '../platform.ts';
import { sdkSettings } from '../servers/emulator.ts';
import * as deploying from './deploy.ts';
import { prepareDatabase } from './seed.ts';
import { updateStacks } from './update.ts';
import { folderHash, zipFolder } from './zip.ts';

/** Editors write a file in several steps; the burst counts as one change. */
const SETTLE_MS = 60;

type Change = 'code' | 'construct' | 'schema' | 'web';

/** Makes what is saved live: a handler by new code, a construct or contract by a deployment. */
export function watch(platform: Platform): void {
  const functions = new CodeUpdates(platform);
  const pending = new Set<Change>();
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const flush = () => {
    const changes = new Set(pending);
    pending.clear();
    running = running
      .then(() => apply(platform, functions, changes))
      .catch((error) => console.error(`Not live: ${(error as Error).message}`));
  };
  watchFiles(
    ['lambdas', 'lib', 'bin', 'web'].map((folder) => path.join(ROOT, folder)),
    { ignoreInitial: true },
  ).on('all', (_, file) => {
    if (!/\.(ts|sql|html|css|svg)$/.test(file)) return;
    pending.add(changeOf(path.relative(ROOT, file)));
    clearTimeout(timer);
    timer = setTimeout(flush, SETTLE_MS);
  });
}

function changeOf(file: string): Change {
  if (file.startsWith('web/')) return 'web';
  if (file.endsWith('.sql')) return 'schema';
  return /^(lib|bin)\/|\.(construct|routes)\.ts$|queue\/events\.ts$/.test(file) ? 'construct' : 'code';
}

async function apply(platform: Platform, functions: CodeUpdates, changes: Set<Change>): Promise<void> {
  const startedMs = performance.now();
  if (changes.has('web')) buildWeb();
  if (changes.has('schema')) await prepareDatabase(platform.postgres, platform.instance.ports.writer, platform.secrets);
  if (changes.has('construct')) {
    await deploying.synthesize(platform.instance);
    await (platform.endpoint.ours ? updateStacks(platform.instance, platform.endpoint) : platform.deploy());
    functions.refresh();
  } else if (changes.has('code')) await functions.update();
  console.log(`Live after ${((performance.now() - startedMs) / 1000).toFixed(2)} s: ${[...changes].join(', ')}`);
}

/** Sends new code to the functions whose bundle changed, and to no other. */
class CodeUpdates {
  readonly #platform: Platform;
  #hashes: Map<string, string>;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#hashes = this.#hashAll();
  }

  /** After a synth, which has built them all. */
  refresh(): void {
    this.#hashes = this.#hashAll();
  }

  async update(): Promise<void> {
    const built = buildBundles(deploying.buildFolder(this.#platform.instance));
    const hashes = this.#hashAll();
    const changed = [...hashes]
      .filter(([name, hash]) => this.#hashes.get(name) !== hash)
      .map(([name]) => name as FunctionName);
    const client = new LambdaClient(await sdkSettings(this.#platform.endpoint));
    await Promise.all(
      changed.map((name) =>
        client.send(
          new UpdateFunctionCodeCommand({
            FunctionName: `throughline-local-${name}`,
            ZipFile: zipFolder(built[name].folder),
          }),
        ),
      ),
    );
    this.#hashes = hashes;
  }

  #hashAll(): Map<string, string> {
    const functions = path.join(deploying.buildFolder(this.#platform.instance), 'functions');
    return new Map(Object.keys(HANDLERS).map((name) => [name, folderHash(path.join(functions, name))]));
  }
}
