import { mkdirSync, writeFileSync } from 'node:fs';
import { Redis as Valkey } from 'iovalkey';
import { accessRules } from '../../lambdas/cache/cache-users.ts';
import { CACHE_USERS } from '../../lambdas/registry.ts';
import { CommandError, type Instance, inside, type Secrets } from '../instance.ts';
import { findValkey } from '../python/python.ts';
import { type Processes, waitUntil } from './processes.ts';

const START_TIMEOUT_MS = 5_000;

/** Starts Valkey with one user for each service, limited to the service's keys and commands. */
export async function startValkey(instance: Instance, secrets: Secrets, processes: Processes): Promise<void> {
  const folder = inside(instance, 'valkey');
  mkdirSync(folder, { recursive: true });
  writeFileSync(inside(instance, 'valkey', 'users.acl'), accessList(secrets), { mode: 0o600 });
  // Paths are relative to the working directory. An absolute path may contain spaces, which this format hardly allows.
  const settings = [
    'bind 127.0.0.1',
    `port ${instance.ports.cache}`,
    'dir .',
    'aclfile users.acl',
    'save 60 1',
    'maxmemory 64mb',
    'maxmemory-policy allkeys-lru',
    '',
  ].join('\n');
  writeFileSync(inside(instance, 'valkey', 'valkey.conf'), settings);
  processes.start('valkey', findValkey(), ['valkey.conf'], { cwd: folder });
  await waitUntilReady(instance, secrets, processes);
}

async function waitUntilReady(instance: Instance, secrets: Secrets, processes: Processes): Promise<void> {
  const log = inside(instance, 'logs', 'valkey.log');
  const valkey = new Valkey({
    host: '127.0.0.1',
    port: instance.ports.cache,
    password: secrets.cacheAdmin,
    retryStrategy: () => 25,
    maxRetriesPerRequest: null,
  });
  valkey.on('error', () => {});
  let ready = false;
  valkey
    .ping()
    .then(() => (ready = true))
    .catch(() => {});
  await waitUntil(() => {
    if (!processes.isRunning('valkey')) throw new CommandError(`Valkey ended while it started; its log is ${log}`);
    return ready;
  }, START_TIMEOUT_MS)
    .catch((error) => {
      throw error instanceof CommandError ? error : new CommandError(`Valkey does not answer; its log is ${log}`);
    })
    .finally(() => valkey.disconnect());
}

/** Loads the users of the current declarations into a running server. Connections of unchanged users stay open. */
export async function reloadUsers(instance: Instance, secrets: Secrets): Promise<void> {
  writeFileSync(inside(instance, 'valkey', 'users.acl'), accessList(secrets), { mode: 0o600 });
  const valkey = new Valkey({ host: '127.0.0.1', port: instance.ports.cache, password: secrets.cacheAdmin });
  try {
    await valkey.call('ACL', 'LOAD');
  } finally {
    valkey.disconnect();
  }
}

function accessList(secrets: Secrets): string {
  const users = Object.entries(CACHE_USERS).map(
    ([name, user]) => `user ${name} on >${secrets.services[name]} ${accessRules(user)}`,
  );
  return [`user default on >${secrets.cacheAdmin} ~* &* +@all`, ...users, ''].join('\n');
}
