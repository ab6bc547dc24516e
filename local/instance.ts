import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '..');

/** The ports of the platform. All of them are on 127.0.0.1. */
export interface Ports {
  edge: number;
  mailbox: number;
  writer: number;
  reader: number;
  cache: number;
  emulator: number;
}

/** One local platform: its data folder and its ports. Tests run their own instance beside yours. */
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

/**
 * The platform of `npm start`. A variable such as THROUGHLINE_EDGE_PORT changes a port.
 * @throws CommandError for a variable with an unknown name or an invalid port, and for two equal ports
 */
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

/** Without this check, a misspelt variable would change no port and print no message. */
function assertKnownPorts(env: NodeJS.ProcessEnv): void {
  const known = Object.keys(DEFAULT_PORTS).map(variableOf);
  const unknown = Object.keys(env).find((name) => /^THROUGHLINE_.*_PORT$/.test(name) && !known.includes(name));
  if (unknown) throw new CommandError(`${unknown} is not a port of the platform; use one of ${known.join(', ')}.`);
}

function assertDistinct(ports: Ports): void {
  const entries = Object.entries(ports);
  for (const [name, port] of entries) {
    const [duplicate] = entries.find(([other, same]) => other !== name && same === port) ?? [];
    if (duplicate)
      throw new CommandError(
        `${variableOf(name)} and ${variableOf(duplicate)} are both ${port}; use a different port for each.`,
      );
  }
}

/** An error that the user can correct. It is printed as one line, without a stack trace. */
export class CommandError extends Error {}

export const inside = (instance: Instance, ...parts: string[]) => path.join(instance.folder, ...parts);

export function prepareFolder(instance: Instance): void {
  // Logs can contain personal data, and the log of the first start contains the administrator's password.
  mkdirSync(instance.folder, { recursive: true });
  mkdirSync(inside(instance, 'logs'), { recursive: true, mode: 0o700 });
}

/** Replaces a file in one step. If the process dies here, the old file stays. Only the owner can read the file. */
export function writeFileAtomically(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.new`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, file);
}

/**
 * Reads a JSON file that this project wrote.
 * @returns undefined if the file does not exist
 * @throws CommandError if the file is damaged
 */
export function readOwnJson<T>(file: string): T | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    throw new CommandError(`${file} is damaged. Restore a copy of it, or delete the local data with: npm run reset`);
  }
}

/** The secrets of one instance. The first start generates them, and only the owner can read the file. */
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

/** @throws CommandError if the port is in use or may not be opened */
export async function assertPortFree(port: number, what: string, variable: string): Promise<void> {
  const code = await new Promise<string | undefined>((resolve) => {
    const server = createServer().once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(undefined)));
  });
  if (!code) return;
  const problem =
    code === 'EACCES'
      ? 'can be opened only by root. Choose one from 1024 to 65535'
      : 'is in use. Stop the program that listens on it, or choose another port';
  throw new CommandError(`Port ${port} (${what}) ${problem}: ${variable}=<port> npm start`);
}

/** Ports that are free now, for a second platform. */
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

/** Whether any user may enter the folder and all its parents. A server that runs as another user needs that. */
export function isOpenToOthers(folder: string): boolean {
  for (let current = folder; ; current = path.dirname(current)) {
    if (existsSync(current) && (statSync(current).mode & 0o001) === 0) return false;
    if (current === path.dirname(current)) return true;
  }
}

export const shortHash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);
