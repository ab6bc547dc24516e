import { cpSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync, type Metafile } from 'esbuild';
import * as z from 'zod';
import { declaredFunctions, functionNamed } from '../../lambdas/registry.ts';
import { readEnv } from '../../lambdas/shared/env.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Unzipped; a larger bundle means that something heavy came in by accident. */
export const MAX_BUNDLE_BYTES = 1_500_000;

export interface Bundle {
  /** The folder to deploy; its entry is `index.mjs`. */
  folder: string;
  bytes: number;
  /** What is loaded at import, before any lazy import: paths below the folder. */
  eagerFiles: string[];
}

/** CommonJS dependencies ask for a `require` that ES modules do not have. */
const BANNER =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/** Where what is built for a deployment lies. */
export const buildFolder = (): string =>
  readEnv({ BUILD_FOLDER: z.string().default(path.join(ROOT, '.build')) }).BUILD_FOLDER;

let built: Record<string, Bundle> | undefined;

/** Bundles built once a process: several stages in one test run share them. Two runs at once name folders of their own. */
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

/** What a build bundles: a function's entry and the folders that lie beside its code, below the project's root. */
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
 * Bundles all handlers in one esbuild call, split into shared chunks, so that a lazy import is loaded lazily; then
 * gives each function a folder with its own entry and just the chunks that it can reach.
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
    // The AWS SDK's ES modules: they are split and shaken, which its CommonJS cannot be.
    mainFields: ['module', 'main'],
    external: ['pg-native'],
  });
  // For a process that rebuilds the code without the declarations that this build was made from (live reload).
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
      `Bundle ${name}: ${bytes} bytes unzipped, allowed are ${MAX_BUNDLE_BYTES}. Look for a heavy import.`,
    );
  }
  const eager = reachable(entry, metafile, (kind) => kind !== 'dynamic-import');
  return { folder, bytes, eagerFiles: [...eager].map(placeOf) };
}

/** The entry and all chunks that it imports, also lazily, also through others; or those of some kinds of import only. */
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

/** For people: each function's unzipped size, largest first. */
export function describeBundles(all: Record<string, Bundle>): string {
  return Object.entries(all)
    .sort(([, a], [, b]) => b.bytes - a.bytes)
    .map(([name, { bytes }]) => `${name.padEnd(22)}${(bytes / 1000).toFixed(0).padStart(6)} KB`)
    .join('\n');
}
