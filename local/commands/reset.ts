import { rmSync } from 'node:fs';
import { CommandError, defaultInstance } from '../instance.ts';
import { databaseFolders } from '../servers/postgres-installation.ts';
import { stopPlatform } from './stop.ts';

/** Wipes the local data: databases, queues, mails, secrets. What was installed stays. */
try {
  const instance = defaultInstance();
  if (await stopPlatform()) console.log('Stopped.');
  for (const folder of [...databaseFolders(instance), instance.folder])
    rmSync(folder, { recursive: true, force: true });
  console.log('The local data is gone. Start afresh with: npm start');
} catch (error) {
  console.error(error instanceof CommandError ? error.message : error);
  process.exitCode = 1;
}
