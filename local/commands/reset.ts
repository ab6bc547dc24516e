import { rmSync } from 'node:fs';
import { runCommand } from '../cli.ts';
import { defaultInstance } from '../instance.ts';
import { databaseFolders } from '../servers/postgres-installation.ts';
import { stopPlatform } from './stop.ts';

/** Deletes the local data: databases, queues, mails and secrets. Installed packages stay. */
await runCommand(async () => {
  const instance = defaultInstance();
  if (await stopPlatform()) console.log('Stopped.');
  for (const folder of [...databaseFolders(instance), instance.folder])
    rmSync(folder, { recursive: true, force: true });
  console.log('The local data is deleted. Start again with: npm start');
});
