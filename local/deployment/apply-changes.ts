import { CommandError, type Instance } from '../instance.ts';
import { synthesize } from './synthesis.ts';

/**
 * Applies what is on disk to a running platform: roles and schema, cache users, stacks. Live reload runs it in a new
 * process, which reads the current declarations and migrations. A failure is one line on standard error.
 */
async function applyChanges(scope: string, instance: Instance): Promise<void> {
  // The synth takes longest and needs none of the imports below, so it starts first.
  const synth = scope === 'all' ? synthesize(instance) : undefined;
  const { deployFresh, migrateFresh } = await import('./fresh.ts');
  // Wait for both. If one fails, this process must not exit while the other is still running.
  const [migrated, synthesized] = await Promise.allSettled([migrateFresh(instance), synth]);
  if (migrated.status === 'rejected') throw migrated.reason;
  if (synthesized.status === 'rejected') throw synthesized.reason;
  if (synth) await deployFresh(instance);
}

const [scope = 'all', instance = ''] = process.argv.slice(2);
try {
  await applyChanges(scope, JSON.parse(instance));
} catch (error) {
  const { name, message } = error as Error;
  console.error(error instanceof CommandError || name === 'MigrationError' ? message : `${name}: ${message}`);
  process.exitCode = 1;
}
