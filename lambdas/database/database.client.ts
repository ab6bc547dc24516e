import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import pg from 'pg';
import * as z from 'zod';
import { readEnv, wholeNumber } from '../shared/env.ts';
import { errorFields, logger } from '../shared/logger.ts';
import { count } from '../shared/metrics.ts';
import { isUnavailable, translateDatabaseError } from './database.errors.ts';

/** A place to run SQL: a pool or a transaction. */
export type Sql = Kysely<unknown>;

export interface DatabaseSettings {
  /** `host:port` of the writer and of the readers. */
  writer: string;
  reader: string;
  database: string;
  user: string;
  /** None: a token signed by IAM for each new connection. */
  password?: string;
  tls: boolean;
  connectTimeoutMs?: number;
}

/**
 * Longest that a dead database can hold a request: 1 s to connect and 3.5 s for a statement (the server's own limit,
 * 3 s, comes first where the server lives). Then the caller gets 503 with Retry-After.
 */
export const CONNECT_TIMEOUT_MS = 1_000;
/** A sleeping cluster answers after some fifteen seconds. */
export const BACKGROUND_CONNECT_TIMEOUT_MS = 40_000;
export const QUERY_TIMEOUT_MS = 3_500;
/** A Lambda runs one request at a time, so one connection a pool is all that it can use. */
export const CONNECTIONS_PER_POOL = 1;
/** A reader that failed is left alone for this long; its reads go to the writer. */
const READER_PAUSE_MS = 2_000;

export interface Database {
  /** Runs `work` between BEGIN and COMMIT on the writer; a throw rolls back. */
  transaction<T>(work: (tx: Transaction<unknown>) => Promise<T>): Promise<T>;
  /** Runs single statements on the writer. */
  write<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Runs reads on a replica, or on the writer while no replica answers. The replica may lag. */
  read<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Asks one side for a sign of life. @throws when it gives none */
  probe(side: 'writer' | 'reader'): Promise<void>;
  close(): Promise<void>;
}

/** Pools that open no connection before the first statement. */
export function createDatabase(settings: DatabaseSettings): Database {
  const writer = createPool(settings, settings.writer);
  const reader = createPool(settings, settings.reader);
  let readerPausedUntilMs = 0;

  const write: Database['write'] = (work) => work(writer).catch(translateDatabaseError);
  return {
    write,
    transaction: (work) => writer.transaction().execute(work).catch(translateDatabaseError),
    read: async (work) => {
      if (Date.now() < readerPausedUntilMs) return write(work);
      try {
        return await work(reader);
      } catch (error) {
        if (!isUnavailable(error)) return translateDatabaseError(error);
        readerPausedUntilMs = Date.now() + READER_PAUSE_MS;
        count('ReaderUnavailable');
        logger.warn('reader unavailable, reading from the writer', errorFields(error));
        return write(work);
      }
    },
    probe: async (side) => {
      await sql`SELECT 1`.execute(side === 'writer' ? writer : reader);
    },
    close: async () => {
      await Promise.all([writer.destroy(), reader.destroy()]);
    },
  };
}

/** Amounts are bigint columns bounded far below 2^53; anything past it is refused rather than rounded. */
pg.types.setTypeParser(pg.types.builtins.INT8, (value) => {
  const parsed = Number(value);
  if (!Number.isSafeInteger(parsed)) throw new RangeError('A bigint from the database does not fit a number.');
  return parsed;
});

/**
 * A connection that let a query run out of time may be dead without anybody having said so. Ended, it does not go back
 * into the pool: the next query opens a fresh one.
 */
class BoundedClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    // While it is lent out nobody else listens, and an error without a listener would end the process.
    this.on('error', (error) => logger.warn('database connection lost', errorFields(error)));
  }

  override query = ((...args: Parameters<pg.Client['query']>) => {
    const answer = super.query(...args) as unknown;
    if (answer instanceof Promise) answer.catch((error: Error) => this.#endAfterTimeout(error));
    return answer;
  }) as pg.Client['query'];

  #endAfterTimeout(error: Error): void {
    if (error.message === 'Query read timeout') void this.end().catch(() => {});
  }
}

function createPool(settings: DatabaseSettings, address: string): Sql {
  const [host, port] = address.split(':');
  const pool = new pg.Pool({
    Client: BoundedClient,
    host,
    port: Number(port),
    database: settings.database,
    user: settings.user,
    password:
      settings.password ??
      (async () => (await import('../shared/iam-token.ts')).databaseToken(String(host), Number(port), settings.user)),
    ssl: settings.tls ? { rejectUnauthorized: true } : false,
    max: CONNECTIONS_PER_POOL,
    connectionTimeoutMillis: settings.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    idleTimeoutMillis: 60_000,
    allowExitOnIdle: true,
    keepAlive: true,
  });
  // An idle connection that breaks is dropped by the pool; without a listener it would end the process.
  pool.on('error', (error) => logger.warn('idle database connection lost', errorFields(error)));
  return new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
}

const databaseEnv = {
  DATABASE_WRITER: z.string().regex(/^.+:\d+$/),
  DATABASE_READER: z.string().regex(/^.+:\d+$/),
  DATABASE_NAME: z.string().min(1),
  DATABASE_USER: z.string().min(1),
  /** Only where the server runs on this machine; elsewhere IAM signs in, over TLS. */
  DATABASE_PASSWORD: z.string().min(1).optional(),
  /** Where nobody waits for the answer. */
  DATABASE_CONNECT_TIMEOUT_MS: wholeNumber(1_000, 60_000).optional(),
};

/** The database as the function's environment names it. */
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
