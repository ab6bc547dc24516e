import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CommandError } from '../instance.ts';

/** Offsets in `ControlFileData` of PostgreSQL 18, for the little-endian processors that we have programs for. */
const CONTROL_FILE = { versionAt: 8, version: 1800, timelineAt: 48 };

/** The data folders of the primary and of its replica. */
export interface DataFolders {
  primary: string;
  replica: string;
}

/** A promoted replica has replaced the primary. Starting the primary again cannot succeed. */
export class StalePrimaryError extends CommandError {}

/**
 * The timeline on which the server of a data folder writes. A promotion starts a new one. It writes the history file
 * before the first write, and updates the control file only at its checkpoint, so both are read.
 *
 * @throws CommandError if the control file is not of PostgreSQL 18
 */
export function timelineOf(folder: string): number {
  const control = readFileSync(path.join(folder, 'global', 'pg_control'));
  const version = control.readUInt32LE(CONTROL_FILE.versionAt);
  if (version !== CONTROL_FILE.version)
    throw new CommandError(
      `${folder} has control file version ${version}, and PostgreSQL 18 has ${CONTROL_FILE.version}. ` +
        'Delete the local data with: npm run reset',
    );
  const histories = readdirSync(path.join(folder, 'pg_wal'))
    .filter((file) => /^[0-9A-F]{8}\.history$/.test(file))
    .map((file) => Number.parseInt(file, 16));
  return Math.max(control.readUInt32LE(CONTROL_FILE.timelineAt), ...histories);
}

export const isPromoted = ({ primary, replica }: DataFolders): boolean => timelineOf(replica) > timelineOf(primary);

/** @throws StalePrimaryError if the replica was promoted */
export function assertNotStale(folders: DataFolders): void {
  if (isPromoted(folders)) throw new StalePrimaryError(staleLine(folders, 'not started'));
}

/** One line that says what happened to the primary, and what its reader can do. */
export function staleLine(folders: DataFolders, what: 'not started' | 'stopped'): string {
  const { primary, replica } = folders;
  return (
    `The replica was promoted to timeline ${timelineOf(replica)}, so the primary on timeline ${timelineOf(primary)} is ` +
    `stale and was ${what}: only one of them may accept writes. To keep the replica's data: npm stop; ` +
    `rm -r '${primary}' && mv '${replica}' '${primary}' && npm start. To delete all local data: npm run reset`
  );
}
