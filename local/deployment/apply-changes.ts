import { CommandError, type Instance } from '../instance.ts';
import { synthesize } from './synthesis.ts';

/**
 * Brings a running platform up to what is on disk: roles and schema, cache users, stacks. Live reload runs it in a process
 * of its own, so that declarations and migrations are read anew. It ends with one line on standard error when that fails.
 */
async function applyChanges(scope: string, instance: Instance): Promise<void> {
  // The synth takes longest and needs none of the imports below, so it starts first.
  const synth = scope === 'all' ? synthesize(instance) : undefined;
  const { deployFresh, migrateFresh } = await import('./fresh.ts');
  // Both to their end: a failed synth must not leave a migration half-way, nor the other way round.
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
