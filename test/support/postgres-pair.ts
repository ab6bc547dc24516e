import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type pg from 'pg';
import { prepareDatabase } from '../../local/deployment/seed.ts';
import { freePorts, type Instance } from '../../local/instance.ts';
import { Postgres } from '../../local/servers/postgres.ts';
import { databaseFolders } from '../../local/servers/postgres-installation.ts';
import { Processes, waitUntil } from '../../local/servers/processes.ts';
import { secrets } from './platform.ts';

/** A primary and a replica beside the platform's, with the same schema and roles. A test may do anything to them. */
export class PostgresPair {
  readonly #instance: Instance;
  readonly #processes: Processes;
  readonly #postgres: Postgres;
  /** The port of the server that accepts writes. */
  writerPort: number;

  private constructor(instance: Instance) {
    this.#instance = instance;
    this.#processes = new Processes(instance);
    this.#postgres = new Postgres(instance, secrets);
    this.writerPort = instance.ports.writer;
  }

  static async start(): Promise<PostgresPair> {
    const folder = mkdtempSync(path.join(tmpdir(), 'throughline-pair-'));
    // The server's user must be able to enter it.
    chmodSync(folder, 0o711);
    mkdirSync(path.join(folder, 'logs'));
    const pair = new PostgresPair({ name: 'pair', folder, ports: await freePorts() });
    await pair.#postgres.initialise();
    await pair.#postgres.start(pair.#processes);
    await prepareDatabase(pair.#postgres, pair.writerPort, secrets);
    return pair;
  }

  async rows<T>(text: string, values: unknown[] = []): Promise<T[]> {
    const run = async (client: pg.Client) => (await client.query(text, values)).rows;
    return this.#postgres.withClient(this.writerPort, run);
  }

  /** Kills the primary and starts it again. */
  async crash(): Promise<void> {
    await this.#processes.stop('postgres-primary', 'SIGKILL');
    await this.#postgres.startPrimary(this.#processes);
  }

  /** Stops the primary, which sends all of its log to the replica first, and promotes the replica. */
  async switchOver(): Promise<void> {
    await this.#processes.stop('postgres-primary');
    this.writerPort = this.#instance.ports.reader;
    await this.rows('SELECT pg_promote()');
    await waitUntil(async () => {
      const [state] = await this.rows<{ follows: boolean }>('SELECT pg_is_in_recovery() AS follows');
      return state?.follows === false;
    }, 10_000);
  }

  async stop(): Promise<void> {
    await this.#processes.stopAll();
    for (const folder of [...databaseFolders(this.#instance), this.#instance.folder])
      rmSync(folder, { recursive: true, force: true });
  }
}
