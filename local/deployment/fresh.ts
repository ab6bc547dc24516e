import { SERVICES_WITH_PASSWORD } from '../../lambdas/registry.ts';
import { type Instance, readSecrets } from '../instance.ts';
import { awsEndpoint } from '../servers/emulator.ts';
import { Postgres } from '../servers/postgres.ts';
import { reloadUsers } from '../servers/valkey.ts';
import { deploy } from './deploy.ts';
import { prepareDatabase } from './seed.ts';
import { updateStacks } from './update.ts';

/** Applies the roles, schema and passwords of the declarations on disk. A new service gets its password here. */
export async function migrateFresh(instance: Instance): Promise<void> {
  const secrets = readSecrets(instance, SERVICES_WITH_PASSWORD);
  await prepareDatabase(new Postgres(instance, secrets), instance.ports.writer, secrets);
}

/** Applies the declared cache users and deploys the synthesized stacks. */
export async function deployFresh(instance: Instance): Promise<void> {
  const secrets = readSecrets(instance, SERVICES_WITH_PASSWORD);
  await reloadUsers(instance, secrets);
  const endpoint = awsEndpoint(instance);
  await (endpoint.ours ? updateStacks(instance, endpoint, secrets) : deploy(instance, endpoint, secrets));
}
