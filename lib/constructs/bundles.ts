import { cpSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync, type Metafile } from 'esbuild';
import * as z from 'zod';
import { declaredFunctions, functionNamed } from '../../lambdas/registry.ts';
import { readEnv } from '../../lambdas/shared/env.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Unzipped size. A larger bundle usually means that a large dependency was imported by accident. */
export const MAX_BUNDLE_BYTES = 1_500_000;

export interface Bundle {
  /** The folder to deploy; its entry is `index.mjs`. */
  folder: string;
  bytes: number;
  /** The files that are loaded at import, without lazy imports. Paths below the folder. */
  eagerFiles: string[];
}

/** CommonJS dependencies need `require`, which ES modules do not have. */
const BANNER =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/** The folder for build output. */
export const buildFolder = (): string =>
  readEnv({ BUILD_FOLDER: z.string().default(path.join(ROOT, '.build')) }).BUILD_FOLDER;

let built: Record<string, Bundle> | undefined;

/** All bundles, built once per process: the stages of a test run share them. Concurrent runs use separate build folders. */
export function bundles(): Record<string, Bundle> {
  built ??= buildBundles(buildFolder());
  return built;
}

/** @throws Error for a function that no service declares */
export function bundleOf(name: string): Bundle {
  const bundle = bundles()[functionNamed(name).name];
  if (!bundle) throw new Error(`Function ${name} has no bundle.`);
  return bundle;
}

/** The input of one bundle: a function's entry, and the folders to copy next to its code. Paths below the project's root. */
export interface BundleSource {
  name: string;
  entry: string;
  files: string[];
}

/** The handlers of all declared functions. */
export const bundleSources = (): BundleSource[] =>
  declaredFunctions().map(({ name, entry, files = [] }) => ({
    name,
    entry,
    files: files.map((folder) => `lambdas/${folder}`),
  }));

/**
 * Bundles all handlers in one esbuild call, split into shared chunks, so that lazy imports stay lazy. Then creates a folder
 * for each function with its entry and only the chunks that it can reach.
 */
export function buildBundles(output: string, sources = bundleSources()): Record<string, Bundle> {
  const outdir = path.join(output, 'bundles');
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(sources.map(({ name, entry }) => [name, entry])),
    outdir,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minify: true,
    keepNames: true,
    sourcemap: false,
    metafile: true,
    banner: { js: BANNER },
    logLevel: 'warning',
    // Selects the AWS SDK's ES modules: esbuild can split and tree-shake these, but not its CommonJS build.
    mainFields: ['module', 'main'],
    external: ['pg-native'],
  });
  // Live reload rebuilds from this file, in a process that does not load the declarations.
  writeFileSync(path.join(output, 'functions.json'), JSON.stringify(sources));
  return Object.fromEntries(sources.map((source) => [source.name, packFunction(source, outdir, output, metafile)]));
}

function packFunction({ name, files }: BundleSource, outdir: string, output: string, metafile: Metafile): Bundle {
  const folder = path.join(output, 'functions', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.join(folder, 'chunks'), { recursive: true });
  let bytes = 0;
  const entry = path.relative(ROOT, path.join(outdir, `${name}.mjs`));
  const placeOf = (file: string) => path.relative(outdir, path.join(ROOT, file));
  for (const file of reachable(entry, metafile)) {
    const source = path.join(ROOT, file);
    cpSync(source, path.join(folder, placeOf(file)));
    bytes += statSync(source).size;
  }
  for (const extra of files)
    cpSync(path.join(ROOT, extra), path.join(folder, path.basename(extra)), { recursive: true });
  writeFileSync(path.join(folder, 'index.mjs'), `export { handler } from './${name}.mjs';\n`);
  if (bytes > MAX_BUNDLE_BYTES) {
    throw new Error(
      `Bundle ${name}: ${bytes} bytes unzipped, the limit is ${MAX_BUNDLE_BYTES}. Look for a large import.`,
    );
  }
  const eager = reachable(entry, metafile, (kind) => kind !== 'dynamic-import');
  return { folder, bytes, eagerFiles: [...eager].map(placeOf) };
}

/** The entry and all chunks that it imports, directly or not. `follows` selects the kinds of import, by default all. */
function reachable(entry: string, metafile: Metafile, follows = (_kind: string) => true): Set<string> {
  const found = new Set<string>();
  const queue = [entry];
  for (let file = queue.pop(); file; file = queue.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    const imports = metafile.outputs[file]?.imports ?? [];
    queue.push(...imports.filter((each) => !each.external && follows(each.kind)).map((each) => each.path));
  }
  return found;
}

/** A table of each function's unzipped size, largest first. */
export function describeBundles(all: Record<string, Bundle>): string {
  return Object.entries(all)
    .sort(([, a], [, b]) => b.bytes - a.bytes)
    .map(([name, { bytes }]) => `${name.padEnd(22)}${(bytes / 1000).toFixed(0).padStart(6)} KB`)
    .join('\n');
}
