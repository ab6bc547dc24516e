import { sql, type Transaction } from 'kysely';
import pg from 'pg';
import * as z from 'zod';
import { readEnv, wholeNumber } from '../shared/env.ts';
import { errorFields, logger } from '../shared/logger.ts';
import { count } from '../shared/metrics.ts';
import { createPool, type Sql } from './connections.ts';
import { isUnavailable, translateDatabaseError } from './database.errors.ts';
import { ReplicaLag, type ReplicaPosition } from './replica-lag.ts';

export type { Sql } from './connections.ts';

export interface DatabaseSettings {
  /** `host:port` of the writer and of the readers. */
  writer: string;
  reader: string;
  database: string;
  user: string;
  /** Without it, each new connection authenticates with an IAM token. */
  password?: string;
  tls: boolean;
  connectTimeoutMs?: number;
}

/**
 * An unresponsive database delays a request by at most 1 s to connect plus 3.5 s for a statement. A server that
 * responds cancels a statement after 3 s. Then the caller gets 503 with Retry-After.
 */
export const CONNECT_TIMEOUT_MS = 1_000;
/** For background callers. A paused cluster resumes in about 15 s. */
export const BACKGROUND_CONNECT_TIMEOUT_MS = 40_000;
export const QUERY_TIMEOUT_MS = 3_500;
/** For this long after a reader fails, its reads go to the writer. */
const READER_PAUSE_MS = 2_000;

export interface Database {
  /** Runs `work` between BEGIN and COMMIT on the writer; a throw rolls back. */
  transaction<T>(work: (tx: Transaction<unknown>) => Promise<T>): Promise<T>;
  /** Runs single statements on the writer. */
  write<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Runs reads on a read replica, or on the writer while no replica responds. Replicas may lag. */
  read<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Runs `SELECT 1` on one side. @throws if it does not respond */
  probe(side: 'writer' | 'reader'): Promise<void>;
  /** How far the replica is behind. @throws when it does not respond */
  replicaPosition(): Promise<ReplicaPosition>;
  close(): Promise<void>;
}

/** Creates the two pools. They open no connection before the first statement. */
export function createDatabase(settings: DatabaseSettings): Database {
  const writer = poolOf(settings, settings.writer, true);
  const reader = poolOf(settings, settings.reader, false);
  const lag = new ReplicaLag(writer, reader);
  let readerPausedUntilMs = 0;

  const write: Database['write'] = (work) => work(writer).catch(translateDatabaseError);
  return {
    write,
    transaction: (work) => writer.transaction().execute(work).catch(translateDatabaseError),
    read: async (work) => {
      if (Date.now() < readerPausedUntilMs) return write(work);
      try {
        if ((await lag.position()).caughtUp) return await work(reader);
        count('ReplicaLagging');
        return write(work);
      } catch (error) {
        if (!isUnavailable(error)) return translateDatabaseError(error);
        readerPausedUntilMs = Date.now() + READER_PAUSE_MS;
        count('ReaderUnavailable');
        logger.warn('reader unavailable, reading from the writer', errorFields(error));
        return write(work);
      }
    },
    replicaPosition: () => lag.position(),
    probe: async (side) => {
      await sql`SELECT 1`.execute(side === 'writer' ? writer : reader);
    },
    close: async () => {
      await Promise.all([writer.destroy(), reader.destroy()]);
    },
  };
}

/** Amounts are bigint columns with limits far below 2^53. A larger value throws, so that nothing is rounded. */
pg.types.setTypeParser(pg.types.builtins.INT8, (value) => {
  const parsed = Number(value);
  if (!Number.isSafeInteger(parsed)) throw new RangeError('A bigint from the database does not fit a number.');
  return parsed;
});

function poolOf(settings: DatabaseSettings, address: string, writable: boolean): Sql {
  const [host = '', port] = address.split(':');
  const token = async () => (await import('../shared/iam-token.ts')).databaseToken(host, Number(port), settings.user);
  return createPool({
    host,
    port: Number(port),
    database: settings.database,
    user: settings.user,
    password: settings.password ?? token,
    tls: settings.tls,
    connectTimeoutMs: settings.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    queryTimeoutMs: QUERY_TIMEOUT_MS,
    writable,
  });
}

const databaseEnv = {
  DATABASE_WRITER: z.string().regex(/^.+:\d+$/),
  DATABASE_READER: z.string().regex(/^.+:\d+$/),
  DATABASE_NAME: z.string().min(1),
  DATABASE_USER: z.string().min(1),
  /** Set on a laptop only. On AWS, connections authenticate with IAM tokens over TLS. */
  DATABASE_PASSWORD: z.string().min(1).optional(),
  /** Set for background callers. */
  DATABASE_CONNECT_TIMEOUT_MS: wholeNumber(1_000, 60_000).optional(),
};

/** Creates the database client from the function's environment. */
export function databaseFromEnv(): Database {
  const env = readEnv(databaseEnv);
  return createDatabase({
    writer: env.DATABASE_WRITER,
    reader: env.DATABASE_READER,
    database: env.DATABASE_NAME,
    user: env.DATABASE_USER,
    ...(env.DATABASE_PASSWORD && { password: env.DATABASE_PASSWORD }),
    tls: env.DATABASE_PASSWORD === undefined,
    ...(env.DATABASE_CONNECT_TIMEOUT_MS && { connectTimeoutMs: env.DATABASE_CONNECT_TIMEOUT_MS }),
  });
}
