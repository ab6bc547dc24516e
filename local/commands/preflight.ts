import { runCommand } from '../cli.ts';
import { stageOf } from '../preflight/arguments.ts';
import { runChecks } from '../preflight/check.ts';
import { CHECKS } from '../preflight/checks.ts';
import { clientsFor } from '../preflight/clients.ts';

/** Checks in the account what makes a deployment of the stage fail. It changes nothing there. */
async function preflight(args: string[]): Promise<void> {
  const stage = stageOf(args);
  const failed = await runChecks(CHECKS, clientsFor(stage.env.region), stage);
  console.log(`${CHECKS.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

if (import.meta.main) await runCommand(() => preflight(process.argv.slice(2)));
