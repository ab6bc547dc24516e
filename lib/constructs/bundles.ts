import { cpSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync, type Metafile } from 'esbuild';
import * as z from 'zod';
import { readEnv } from '../../lambdas/shared/env.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Every function's handler, by the function's name. */
export const HANDLERS = {
  authorizer: 'lambdas/auth/authorizer.handler.ts',
  auth: 'lambdas/auth/auth.handler.ts',
  'make-admin': 'lambdas/auth/make-admin.handler.ts',
  catalog: 'lambdas/catalog/catalog.handler.ts',
  'catalogue-events': 'lambdas/catalog/catalog-events.handler.ts',
  orders: 'lambdas/orders/orders.handler.ts',
  'order-events': 'lambdas/orders/order-events.handler.ts',
  'expire-orders': 'lambdas/orders/expire-orders.handler.ts',
  payments: 'lambdas/payments/payments.handler.ts',
  'reconcile-payments': 'lambdas/payments/reconcile-payments.handler.ts',
  'payment-events': 'lambdas/payments/payment-events.handler.ts',
  sandbox: 'lambdas/payments/sandbox/sandbox.handler.ts',
  'sandbox-webhooks': 'lambdas/payments/sandbox/sandbox-webhooks.handler.ts',
  notifications: 'lambdas/workers/notifications/notifications.handler.ts',
  'notification-worker': 'lambdas/workers/notifications/notification-worker.handler.ts',
  email: 'lambdas/workers/email/email.handler.ts',
  relay: 'lambdas/queue/relay.handler.ts',
  retention: 'lambdas/database/retention.handler.ts',
  health: 'lambdas/health/health.handler.ts',
  'synthetic-buyer': 'lambdas/synthetic/synthetic-buyer.handler.ts',
  migrate: 'lambdas/database/migrate.handler.ts',
} as const;
export type FunctionName = keyof typeof HANDLERS;

/** Files that a function reads besides its code; they lie beside its entry. */
const FILES: Partial<Record<FunctionName, string>> = { migrate: 'lambdas/database/migrations' };

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

let built: Record<FunctionName, Bundle> | undefined;

/** Bundles built once a process: several stages in one test run share them. Two runs at once name folders of their own. */
export function bundles(): Record<FunctionName, Bundle> {
  built ??= buildBundles(buildFolder());
  return built;
}

/**
 * Bundles all handlers in one esbuild call, split into shared chunks, so that a lazy import is loaded lazily; then
 * gives each function a folder with its own entry and just the chunks that it can reach.
 */
export function buildBundles(output: string): Record<FunctionName, Bundle> {
  const outdir = path.join(output, 'bundles');
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(Object.entries(HANDLERS).map(([name, file]) => [name, file])),
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
  const names = Object.keys(HANDLERS) as FunctionName[];
  return Object.fromEntries(names.map((name) => [name, packFunction(name, outdir, output, metafile)])) as Record<
    FunctionName,
    Bundle
  >;
}

function packFunction(name: FunctionName, outdir: string, output: string, metafile: Metafile): Bundle {
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
  const extra = FILES[name];
  if (extra) cpSync(path.join(ROOT, extra), path.join(folder, path.basename(extra)), { recursive: true });
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
