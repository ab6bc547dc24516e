import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';

const SOURCE = import.meta.dirname;
export const WEB_FOLDER = path.resolve(SOURCE, '..', '.build', 'web');

/**
 * Builds the storefront as plain files with hashed names. A browser loads nothing from another origin. A failed build
 * keeps the previous one.
 */
export function buildWeb(folder = WEB_FOLDER): string {
  const fresh = `${folder}.${process.pid}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  try {
    writeFiles(fresh);
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

function writeFiles(folder: string): void {
  buildSync({
    entryPoints: [path.join(SOURCE, 'src', 'main.ts'), path.join(SOURCE, 'src', 'style.css')],
    outdir: folder,
    entryNames: '[name]-[hash]',
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    logLevel: 'warning',
  });
  const named = (start: string, end: string) =>
    readdirSync(folder).find((file) => file.startsWith(start) && file.endsWith(end)) as string;
  const html = readFileSync(path.join(SOURCE, 'index.html'), 'utf8')
    .replace('main.js', named('main-', '.js'))
    .replace('style.css', named('style-', '.css'));
  writeFileSync(path.join(folder, 'index.html'), html);
  cpSync(path.join(SOURCE, 'favicon.svg'), path.join(folder, 'favicon.svg'));
}
