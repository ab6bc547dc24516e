import { appendFileSync, chownSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { LOCAL_MAX_CONNECTIONS } from '../../lib/stage.ts';
import { runChild } from '../child.ts';
import { CommandError, type Instance, inside, type Secrets } from '../instance.ts';
import { type Installation, install } from './postgres-installation.ts';
import { type Processes, waitUntil } from './processes.ts';

const START_TIMEOUT_MS = 20_000;

/** PostgreSQL 18: a primary and a streaming replica. They listen on 127.0.0.1 and on no Unix socket. */
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

  /** Creates both data folders once. @throws CommandError if an interrupted set-up left an incomplete folder */
  async initialise(): Promise<void> {
    const complete = path.join(this.#installation.data, 'complete');
    if (existsSync(complete)) return;
    if (existsSync(this.#folder('primary'))) {
      throw new CommandError(
        `The database folder ${this.#installation.data} is incomplete, because its set-up was interrupted. ` +
          'Delete it with: npm run reset',
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
    await runChild(
      path.join(binaries, 'bin', 'initdb'),
      [...args, '--locale-provider=builtin', '--locale=C.UTF-8', '--no-sync'],
      {
        ...user,
        cwd: data,
        env: { ...process.env, LC_ALL: 'C' },
      },
    ).catch((cause) => {
      throw new CommandError(
        `initdb failed: ${String(cause.stderr || cause.message)
          .trim()
          .split('\n')
          .at(-1)}`,
      );
    });
    rmSync(passwordFile);
    appendFileSync(path.join(this.#folder('primary'), 'postgresql.conf'), serverSettings());
  }

  /** Copies the stopped primary and configures the copy as its streaming replica. */
  async #copyToReplica(): Promise<void> {
    const { user, data } = this.#installation;
    await runChild('cp', ['-a', this.#folder('primary'), this.#folder('replica')], { ...user, cwd: data });
    const standby = path.join(this.#folder('replica'), 'standby.signal');
    writeFileSync(standby, '');
    if (user) chownSync(standby, user.uid, user.gid);
  }

  async start(processes: Processes): Promise<void> {
    this.startPrimary(processes);
    this.startReplica(processes);
    await Promise.all([
      this.#waitUntilReady(processes, 'postgres-primary', this.#instance.ports.writer),
      this.#waitUntilReady(processes, 'postgres-replica', this.#instance.ports.reader),
    ]);
  }

  startPrimary(processes: Processes): void {
    this.#startServer(processes, 'postgres-primary', this.#folder('primary'), this.#instance.ports.writer, []);
  }

  startReplica(processes: Processes): void {
    const { ports } = this.#instance;
    const passfile = this.#writePassfile();
    const quoted = passfile.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
    const address = `host=127.0.0.1 port=${ports.writer} user=postgres passfile='${quoted}'`;
    const source = `${address} sslmode=disable application_name=replica`;
    this.#startServer(processes, 'postgres-replica', this.#folder('replica'), ports.reader, [
      '-c',
      `primary_conninfo=${source}`,
    ]);
  }

  /** Writes the replica's password to a file that only its user can read. Arguments are visible in the process list. */
  #writePassfile(): string {
    const { data, user } = this.#installation;
    const file = path.join(data, 'replica.pgpass');
    writeFileSync(file, `*:*:*:postgres:${this.#secrets.superuser}\n`, { mode: 0o600 });
    if (user) chownSync(file, user.uid, user.gid);
    return file;
  }

  #startServer(processes: Processes, name: string, folder: string, port: number, args: string[]): void {
    const { binaries, user, data } = this.#installation;
    processes.start(
      name,
      path.join(binaries, 'bin', 'postgres'),
      ['-D', folder, '-p', String(port), '-c', `max_connections=${LOCAL_MAX_CONNECTIONS}`, ...args],
      {
        ...user,
        cwd: data,
        env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
        stopSignal: 'SIGINT',
      },
    );
  }

  async #waitUntilReady(processes: Processes, name: string, port: number): Promise<void> {
    let last = '';
    const answers = async () => {
      if (!processes.isRunning(name))
        throw new CommandError(
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
      if (error instanceof CommandError) throw error;
      throw new CommandError(
        `${name} does not answer (${last}); its log is ${inside(this.#instance, 'logs', `${name}.log`)}`,
      );
    });
  }

  /** The settings with which an administrator connects. */
  connection(port: number, database = 'throughline'): pg.ClientConfig {
    return { host: '127.0.0.1', port, user: 'postgres', password: this.#secrets.superuser, database, ssl: false };
  }

  async query(port: number, text: string, database?: string): Promise<unknown[]> {
    return this.withClient(port, async (client) => (await client.query(text)).rows, database);
  }

  async withClient<T>(port: number, work: (client: pg.Client) => Promise<T>, database?: string): Promise<T> {
    const client = new pg.Client({ ...this.connection(port, database), connectionTimeoutMillis: 2_000 });
    // If the server stops, the pending query fails. Without this listener, the error event would also end this process.
    client.on('error', () => {});
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
}

/** Durable as in production. The buffers are small, because a laptop runs other programs too. */
const serverSettings = () => `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = 64MB
wal_level = replica
wal_keep_size = 512MB
hot_standby_feedback = on
wal_receiver_status_interval = 1s
wal_retrieve_retry_interval = 200ms
log_min_messages = warning
`;
