import { appendFileSync, chownSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { LOCAL_MAX_CONNECTIONS } from '../../lib/stage.ts';
import { runChild } from '../child.ts';
import { CommandError, type Instance, inside, type Secrets, shortHash } from '../instance.ts';
import { type Installation, install } from './postgres-installation.ts';
import { killByTitle, type Processes, waitUntil } from './processes.ts';
import { assertNotStale, type DataFolders, isPromoted, staleLine } from './promotion.ts';

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

  get #folders(): DataFolders {
    return { primary: this.#folder('primary'), replica: this.#folder('replica') };
  }

  /**
   * Creates both data folders once, and the replica's again if it was moved to the primary's place.
   * @throws CommandError if an interrupted set-up left an incomplete folder, or if the primary is stale
   */
  async initialise(): Promise<void> {
    const { data } = this.#installation;
    const complete = path.join(data, 'complete');
    const { primary, replica } = this.#folders;
    if (existsSync(primary) !== existsSync(complete))
      throw new CommandError(
        `The database folder ${data} is incomplete, because its set-up was interrupted or its primary was removed. ` +
          'Delete it with: npm run reset',
      );
    if (!existsSync(primary)) await this.#initdb();
    if (!existsSync(replica)) await this.#copyToReplica();
    writeFileSync(complete, '');
    assertNotStale(this.#folders);
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

  /** Copies the stopped primary. The copy gets its name last, so an interrupted copy is not taken for a replica. */
  async #copyToReplica(): Promise<void> {
    const { user, data } = this.#installation;
    const { primary, replica } = this.#folders;
    rmSync(`${replica}.new`, { recursive: true, force: true });
    await runChild('cp', ['-a', primary, `${replica}.new`], { ...user, cwd: data });
    renameSync(`${replica}.new`, replica);
  }

  /** Makes the server of the replica's folder follow the primary, unless the replica was promoted. */
  #configureReplica(): void {
    if (isPromoted(this.#folders)) return;
    const { user } = this.#installation;
    const standby = path.join(this.#folder('replica'), 'standby.signal');
    writeFileSync(standby, '');
    if (user) chownSync(standby, user.uid, user.gid);
  }

  async start(processes: Processes): Promise<void> {
    await Promise.all([this.startPrimary(processes), this.startReplica(processes)]);
  }

  /** Resolves when the primary is ready. @throws StalePrimaryError if the replica was promoted */
  async startPrimary(processes: Processes): Promise<void> {
    assertNotStale(this.#folders);
    const { writer } = this.#instance.ports;
    await this.#startServer(processes, 'postgres-primary', this.#folder('primary'), writer, []);
    await this.#waitUntilReady(processes, 'postgres-primary', writer);
  }

  /** Stops a primary whose replica accepts writes too. @returns the line that says so, if it did */
  async stopStalePrimary(processes: Processes): Promise<string | undefined> {
    if (!processes.isRunning('postgres-primary')) return undefined;
    const [replica] = await this.query(
      this.#instance.ports.reader,
      'SELECT pg_is_in_recovery() AS follows',
      'postgres',
    );
    if ((replica as { follows: boolean }).follows) return undefined;
    await processes.stop('postgres-primary');
    return staleLine(this.#folders, 'stopped');
  }

  /** Resolves when the replica is ready. It does not need the primary for that. */
  async startReplica(processes: Processes): Promise<void> {
    this.#configureReplica();
    const { ports } = this.#instance;
    const passfile = this.#writePassfile();
    const quoted = passfile.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
    const address = `host=127.0.0.1 port=${ports.writer} user=postgres passfile='${quoted}'`;
    const source = `${address} sslmode=disable application_name=replica`;
    await this.#startServer(processes, 'postgres-replica', this.#folder('replica'), ports.reader, [
      '-c',
      `primary_conninfo=${source}`,
    ]);
    await this.#waitUntilReady(processes, 'postgres-replica', ports.reader);
  }

  /** Writes the replica's password to a file that only its user can read. Arguments are visible in the process list. */
  #writePassfile(): string {
    const { data, user } = this.#installation;
    const file = path.join(data, 'replica.pgpass');
    writeFileSync(file, `*:*:*:postgres:${this.#secrets.superuser}\n`, { mode: 0o600 });
    if (user) chownSync(file, user.uid, user.gid);
    return file;
  }

  async #startServer(processes: Processes, name: string, folder: string, port: number, args: string[]): Promise<void> {
    const { binaries, user, data } = this.#installation;
    const cluster = `throughline-${shortHash(folder)}`;
    // The busy processes of a killed server stay, in groups of their own, and a new server does not start beside them.
    await killByTitle(`postgres: ${cluster}: `);
    const settings = [`max_connections=${LOCAL_MAX_CONNECTIONS}`, `cluster_name=${cluster}`];
    processes.start(
      name,
      path.join(binaries, 'bin', 'postgres'),
      ['-D', folder, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting]), ...args],
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
