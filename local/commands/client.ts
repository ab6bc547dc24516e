import { runCommand } from '../cli.ts';
import { buildClient } from '../deployment/client-package.ts';
import { ROOT } from '../instance.ts';

/** Builds the npm package of the client into client/dist. */
await runCommand(async () => {
  await buildClient();
  console.log(`Built ${ROOT}/client/dist. Pack it with: npm pack ./client`);
});
