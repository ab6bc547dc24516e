import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { zipSync } from 'fflate';

function filesIn(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter((file) => statSync(path.join(folder, file)).isFile())
    .sort();
}

/** A folder as a zip archive, at the lowest compression level, since it stays on this machine. */
export function zipFolder(folder: string): Uint8Array {
  const entries = filesIn(folder).map((file) => [file, readFileSync(path.join(folder, file))]);
  return zipSync(Object.fromEntries(entries), { level: 1 });
}

/** A hash of the names and contents of all files in a folder. */
export function folderHash(folder: string): string {
  const hash = createHash('sha256');
  for (const file of filesIn(folder)) hash.update(file).update(readFileSync(path.join(folder, file)));
  return hash.digest('hex');
}
