import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '..');

/** Everything the platform listens on, all on 127.0.0.1. */
export interface Ports {
  edge: number;
  mailbox: number;
  writer: number;
  reader: number;
  cache: number;
  emulator: number;
}

/** One offline platform: where it keeps its data and on which ports it listens. Tests run one beside yours. */
export interface Instance {
  name: string;
  folder: string;
  ports: Ports;
}

export const DEFAULT_PORTS: Ports = {
  edge: 8080,
  mailbox: 8025,
  writer: 54320,
  reader: 54321,
  cache: 63790,
  emulator: 4566,
};

/** The platform of `npm start`; each port can be moved by a variable such as THROUGHLINE_EDGE_PORT. */
export function defaultInstance(env = process.env): Instance {
  const ports = { ...DEFAULT_PORTS };
  for (const name of Object.keys(ports) as (keyof Ports)[]) {
    const variable = variableOf(name);
    const value = env[variable];
    if (value === undefined) continue;
    if (!/^\d{1,5}$/.test(value) || Number(value) < 1 || Number(value) > 65_535) {
      throw new CommandError(`${variable}=${value} is not a port; use a number from 1 to 65535.`);
    }
    ports[name] = Number(value);
  }
  assertKnownPorts(env);
  assertDistinct(ports);
  return { name: 'local', folder: path.join(ROOT, '.local'), ports };
}

const variableOf = (name: string) => `THROUGHLINE_${name.toUpperCase()}_PORT`;

/** A misspelt variable would move nothing and say nothing. */
function assertKnownPorts(env: NodeJS.ProcessEnv): void {
  const known = Object.keys(DEFAULT_PORTS).map(variableOf);
  const unknown = Object.keys(env).find((name) => /^THROUGHLINE_.*_PORT$/.test(name) && !known.includes(name));
  if (unknown) throw new CommandError(`${unknown} is no port of the platform; there are ${known.join(', ')}.`);
}

function assertDistinct(ports: Ports): void {
  const entries = Object.entries(ports);
  for (const [name, port] of entries) {
    const [twin] = entries.find(([other, same]) => other !== name && same === port) ?? [];
    if (twin)
      throw new CommandError(
        `${variableOf(name)} and ${variableOf(twin)} are both ${port}; give each a port of its own.`,
      );
  }
}

/** A fault that its reader can do something about: shown as one line, without a stack. */
export class CommandError extends Error {}

export const inside = (instance: Instance, ...parts: string[]) => path.join(instance.folder, ...parts);

export function prepareFolder(instance: Instance): void {
  // What is logged may name people, and the first start's log the administrator's password.
  mkdirSync(instance.folder, { recursive: true });
  mkdirSync(inside(instance, 'logs'), { recursive: true, mode: 0o700 });
}

/** Writes a file whole or not at all: a process that dies here leaves the old one. Readable by its owner only. */
export function writeFileAtomically(file: string, text: string): void {
  const fresh = `${file}.${process.pid}.new`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, file);
}

/**
 * Reads a file of our own. @returns undefined where there is none
 * @throws CommandError for one that is damaged, and says what to do
 */
export function readOwnJson<T>(file: string): T | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    throw new CommandError(`${file} is damaged. Put back a copy of it, or wipe the local data with: npm run reset`);
  }
}

/** Secrets of one installation, made at its first start and readable by its owner only. */
export interface Secrets {
  superuser: string;
  services: Record<string, string>;
  cacheAdmin: string;
  adminPassword: string;
}

export function readSecrets(instance: Instance, services: readonly string[]): Secrets {
  const file = inside(instance, 'secrets.json');
  const known = readOwnJson<Partial<Secrets>>(file) ?? {};
  const newSecret = () => randomBytes(18).toString('base64url');
  const secrets: Secrets = {
    superuser: known.superuser ?? newSecret(),
    services: Object.fromEntries(services.map((name) => [name, known.services?.[name] ?? newSecret()])),
    cacheAdmin: known.cacheAdmin ?? newSecret(),
    adminPassword: known.adminPassword ?? newSecret(),
  };
  writeFileAtomically(file, JSON.stringify(secrets, null, 2));
  return secrets;
}

/** @throws CommandError for a port that somebody listens on */
export async function assertPortFree(port: number, what: string, variable: string): Promise<void> {
  const fault = await new Promise<string | undefined>((resolve) => {
    const server = createServer().once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(undefined)));
  });
  if (!fault) return;
  const why =
    fault === 'EACCES'
      ? 'may not be opened by an ordinary user. Choose one from 1024 on'
      : 'is taken. Stop what listens there, or choose another';
  throw new CommandError(`Port ${port} (${what}) ${why}: ${variable}=<port> npm start`);
}

/** Ports that nobody listens on now, for a platform beside another. */
export async function freePorts(): Promise<Ports> {
  const servers = await Promise.all(
    Object.keys(DEFAULT_PORTS).map(
      () =>
        new Promise<import('node:net').Server>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as import('node:net').AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return Object.fromEntries(Object.keys(DEFAULT_PORTS).map((name, index) => [name, ports[index]])) as unknown as Ports;
}

/** Whether every folder above may be entered by any user: a server that runs as another must get through. */
export function isOpenToOthers(folder: string): boolean {
  for (let at = folder; ; at = path.dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

export const shortHash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);
