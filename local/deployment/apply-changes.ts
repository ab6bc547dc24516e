import { SERVICES_WITH_PASSWORD } from '../../lambdas/registry.ts';
import { CommandError, type Instance, readSecrets } from '../instance.ts';
import { awsEndpoint } from '../servers/emulator.ts';
import { Postgres } from '../servers/postgres.ts';
import { reloadUsers } from '../servers/valkey.ts';
import { deploy, synthesize } from './deploy.ts';
import { prepareDatabase } from './seed.ts';
import { updateStacks } from './update.ts';

/**
 * Brings a running platform up to what is on disk: roles and schema, cache users, stacks. Live reload runs it in a process of its
 * own, so that declarations and migrations are read anew. Ends with one line on standard error when that fails.
 */
async function applyChanges(scope: string, instance: Instance): Promise<void> {
  const secrets = readSecrets(instance, SERVICES_WITH_PASSWORD);
  const postgres = new Postgres(instance, secrets);
  const database = prepareDatabase(postgres, instance.ports.writer, secrets);
  if (scope === 'schema') return database;
  const synth = synthesize(instance);
  // Both to their end: a failed synth must not leave a migration half-way, nor the other way round.
  const [migrated, synthesized] = await Promise.allSettled([database, synth]);
  if (migrated.status === 'rejected') throw migrated.reason;
  if (synthesized.status === 'rejected') throw synthesized.reason;
  await reloadUsers(instance, secrets);
  const endpoint = awsEndpoint(instance);
  await (endpoint.ours ? updateStacks(instance, endpoint, secrets) : deploy(instance, endpoint, secrets));
}

const [scope = 'all', instance = ''] = process.argv.slice(2);
try {
  await applyChanges(scope, JSON.parse(instance));
} catch (error) {
  const { name, message } = error as Error;
  console.error(error instanceof CommandError || name === 'MigrationError' ? message : `${name}: ${message}`);
  process.exitCode = 1;
}
