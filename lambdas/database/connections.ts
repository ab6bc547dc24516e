import { isNativeError } from 'node:util/types';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { errorFields, logger } from '../shared/logger.ts';
import { leadsToWrongServer } from './database.errors.ts';

/** Runs SQL: a connection pool or a transaction. */
export type Sql = Kysely<unknown>;

/** A connection failed: it could not be opened, broke, or its server did not respond in time. The cause is the driver's error. */
export class DatabaseConnectionError extends Error {
  override name = 'DatabaseConnectionError';
}

export interface PoolSettings {
  host: string;
  port: number;
  database: string;
  user: string;
  password: string | (() => Promise<string>);
  tls: boolean;
  connectTimeoutMs: number;
  queryTimeoutMs: number;
  /** Refuses a server that takes no writes: after a failover a name may still lead to the former writer. */
  writable: boolean;
}

/** A Lambda runs one request at a time, so one connection per pool is all that it can use. */
export const CONNECTIONS_PER_POOL = 1;
/** A connection is replaced after this long, so that a name is resolved again. */
const MAX_LIFETIME_SECONDS = 300;

/** A pool that opens no connection before the first statement. */
export function createPool(settings: PoolSettings): Sql {
  const pool = new WrappedPool({
    Client: WrappedClient,
    host: settings.host,
    port: settings.port,
    database: settings.database,
    user: settings.user,
    password: settings.password,
    ssl: settings.tls ? { rejectUnauthorized: true } : false,
    max: CONNECTIONS_PER_POOL,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    query_timeout: settings.queryTimeoutMs,
    idleTimeoutMillis: 60_000,
    maxLifetimeSeconds: MAX_LIFETIME_SECONDS,
    allowExitOnIdle: true,
    keepAlive: true,
    ...(settings.writable && { verify: refuseReadOnly }),
  });
  // The pool removes an idle connection that breaks. Without a listener the error would end the process.
  pool.on('error', (error) => logger.warn('idle database connection lost', errorFields(error)));
  return new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
}

/** The driver reports a failed connection by plain errors, which only their text tells apart. What the server says has a class of its own. */
function wrapped(error: unknown): unknown {
  const isServers = error instanceof pg.DatabaseError || error instanceof DatabaseConnectionError;
  if (isServers || !isNativeError(error)) return error;
  // A TypeError or RangeError is a bug of ours, such as a value that does not fit.
  if (error.name === 'TypeError' || error.name === 'RangeError') return error;
  return new DatabaseConnectionError(`The database connection failed: ${error.message}`, { cause: error });
}

class WrappedPool extends pg.Pool {
  override connect = ((callback?: Parameters<pg.Pool['connect']>[0]) => {
    // The pool's own query() passes a callback; Kysely awaits.
    if (callback) return super.connect(callback);
    return super.connect().catch((error: unknown) => {
      throw wrapped(error);
    });
  }) as pg.Pool['connect'];
}

/**
 * A connection that failed, or whose server is no longer the writer, is closed, so that it does not return to the pool and
 * the next query opens a new one. After a timeout it may be dead without an error from the network.
 */
class WrappedClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    // The pool does not listen to a connection in use, and an error event without a listener would end the process.
    this.on('error', (error) => logger.warn('database connection lost', errorFields(error)));
  }

  override query = ((...args: Parameters<pg.Client['query']>) => {
    const answer = super.query(...args) as unknown;
    if (!(answer instanceof Promise)) return answer;
    return answer.catch((cause: unknown) => {
      const error = wrapped(cause);
      if (error instanceof DatabaseConnectionError || leadsToWrongServer(error)) void this.end().catch(() => {});
      throw error;
    });
  }) as pg.Client['query'];
}

type Verify = NonNullable<pg.PoolConfig['verify']>;

/** Asks a new connection of the writer's pool whether its server takes writes. */
const refuseReadOnly: Verify = (client, done) => {
  client.query('SHOW transaction_read_only').then(
    ({ rows }) => {
      const readOnly = rows[0]?.transaction_read_only === 'on';
      done(readOnly ? new Error('the server takes no writes: it is a replica or was demoted') : undefined);
    },
    (error: Error) => done(error),
  );
};
