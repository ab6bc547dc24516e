import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runTool } from '../../../local/child.ts';
import { synthesizeStage } from '../../../local/deployment/synthesize-stage.ts';
import { zipFolder } from '../../../local/deployment/zip.ts';
import { ROOT } from '../../../local/instance.ts';
import { ACCOUNT } from '../../../local/servers/emulator.ts';

const FOLDER = path.join(ROOT, '.build', 'emulated');
const ZIPS = path.join(FOLDER, 'zips');

/**
 * A stage as this tree describes it. `prod-first` is the first deployment of `prod`, without protections, and `dev-next` is
 * the next release of `dev`, which has one more service.
 */
export type Release = 'dev' | 'dev-next' | 'prod-first' | 'prod';
const RELEASES: readonly Release[] = ['dev', 'dev-next', 'prod-first', 'prod'];
export const releaseFolder = (release: Release) => path.join(FOLDER, release);

/** The service that the next release adds. It has routes, a database role, a function and alarms. No other has this name. */
export const ADDED_SERVICE = 'added-lists';

/** Synthesizes every release once for all tests of the suite. */
export default async function synthesizeReleases(): Promise<void> {
  rmSync(FOLDER, { recursive: true, force: true });
  const next = nextTree();
  await Promise.all(RELEASES.map(async (release) => synthesize(release, release === 'dev-next' ? await next : ROOT)));
  mkdirSync(ZIPS);
  for (const release of RELEASES) zipAssets(releaseFolder(release));
}

/** The archive of an asset. Its name has the hash of its content, so the releases share it. */
export const zipOf = (asset: string) => path.join(ZIPS, `${asset}.zip`);

function zipAssets(folder: string): void {
  for (const asset of readdirSync(folder).filter((name) => statSync(path.join(folder, name)).isDirectory())) {
    const file = zipOf(asset);
    if (!existsSync(file)) writeFileSync(file, zipFolder(path.join(folder, asset)));
  }
}

const synthesize = (release: Release, root: string): Promise<void> =>
  synthesizeStage(release.startsWith('prod') ? 'prod' : 'dev', {
    root,
    folder: releaseFolder(release),
    buildFolder: path.join(FOLDER, `${release}-build`),
    settings: { account: ACCOUNT, ...(release === 'prod-first' && { protect: false }) },
  });

/** A copy of the working tree with one more service. It is below the dependencies of this tree, and so finds them. */
async function nextTree(): Promise<string> {
  const root = path.join(FOLDER, 'tree');
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' });
  for (const file of files.trim().split('\n')) {
    if (!existsSync(path.join(ROOT, file))) continue;
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    cpSync(path.join(ROOT, file), path.join(root, file));
  }
  const run = (...script: string[]) => runTool(process.execPath, script, { cwd: root });
  await run(path.join(root, 'test', 'support', 'emulated', 'add-service.ts'), ADDED_SERVICE);
  // The function `reference` serves the document, so its code changes too.
  await run(path.join(root, 'local', 'commands', 'docs.ts'), '--openapi');
  return root;
}
