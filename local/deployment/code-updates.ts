import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { LambdaClient, UpdateFunctionCodeCommand } from '@aws-sdk/client-lambda';
import { type BundleSource, buildBundles } from '../../lib/constructs/bundles.ts';
import type { Platform } from '../platform.ts';
import { sdkSettings } from '../servers/emulator.ts';
import { assemblyOf, buildFolder, readTemplate, STACKS } from './synthesis.ts';
import { folderHash, zipFolder } from './zip.ts';

/** Updates the code of the functions whose bundle changed, and of no others. */
export class CodeUpdates {
  readonly #platform: Platform;
  /** The hash of the deployed bundle by function. A function whose update failed has no entry: its code is unknown. */
  readonly #running = new Map<string, string>();
  /** The functions whose code is newer than the latest synth. */
  readonly #updated = new Set<string>();

  constructor(platform: Platform) {
    this.#platform = platform;
    this.deployed();
  }

  /** Call it after a deployment. It records that the functions run the current bundles. */
  deployed(): void {
    this.#running.clear();
    this.#updated.clear();
    for (const [name, hash] of this.#builtHashes()) this.#running.set(name, hash);
  }

  /** Call it after the latest synth was deployed again. @returns whether functions now run code that is too old */
  lostUpdates(): boolean {
    for (const name of this.#updated) this.#running.delete(name);
    return this.#updated.size > 0;
  }

  /** Builds all bundles and updates the changed functions. @throws the first failure, after all updates have ended */
  async update(): Promise<void> {
    const folder = buildFolder(this.#platform.instance);
    buildBundles(folder, readSources(folder));
    const deployedNames = deployedFunctions(this.#platform);
    const changed = [...this.#builtHashes()].filter(
      ([name, hash]) => deployedNames.has(name) && this.#running.get(name) !== hash,
    );
    const client = new LambdaClient(await sdkSettings(this.#platform.endpoint));
    const updates = changed.map(async ([name, hash]) => {
      this.#running.delete(name);
      this.#updated.add(name);
      const ZipFile = zipFolder(path.join(folder, 'functions', name));
      await client.send(new UpdateFunctionCodeCommand({ FunctionName: `throughline-local-${name}`, ZipFile }));
      this.#running.set(name, hash);
    });
    const failed = (await Promise.allSettled(updates)).find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
  }

  #builtHashes(): Map<string, string> {
    const functions = path.join(buildFolder(this.#platform.instance), 'functions');
    return new Map(readdirSync(functions).map((name) => [name, folderHash(path.join(functions, name))]));
  }
}

/** The functions of the latest synth. They are read from disk, since this process does not know newer services. */
const readSources = (folder: string): BundleSource[] =>
  JSON.parse(readFileSync(path.join(folder, 'functions.json'), 'utf8'));

/** The functions of the local stage. Functions for AWS only are built but not deployed. */
function deployedFunctions({ instance }: Platform): Set<string> {
  const resources = STACKS.filter((stack) =>
    readdirSync(assemblyOf(instance)).includes(`${stack}.template.json`),
  ).flatMap(
    (stack) =>
      Object.values(readTemplate(instance, stack).Resources) as {
        Type: string;
        Properties: { FunctionName?: string };
      }[],
  );
  return new Set(
    resources.flatMap(({ Type, Properties }) =>
      Type === 'AWS::Lambda::Function' ? [String(Properties.FunctionName).replace('throughline-local-', '')] : [],
    ),
  );
}
