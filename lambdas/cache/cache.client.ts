import { Redis as Valkey } from 'iovalkey';
import * as z from 'zod';
import { readEnv, wholeNumber } from '../shared/env.ts';
import { errorFields, logger } from '../shared/logger.ts';
import { count } from '../shared/metrics.ts';

export interface CacheSettings {
  host: string;
  port: number;
  user: string;
  /** A password, or what makes one for each new connection. */
  password: string | (() => Promise<string>);
  tls: boolean;
}

/** Longest that a dead cache can hold a request; then the database path is taken. */
export const COMMAND_TIMEOUT_MS = 150;
/** After a failure the cache is left alone for this long, so that a dead one costs its timeout once a second. */
const PAUSE_MS = 1_000;

/** The cache is an optimisation, never a dependency: a command either answers in time or counts as unavailable. */
export interface CacheClient {
  /** @returns what the command answered, or `undefined` when the cache is unavailable. Never throws for that. */
  attempt<T>(command: (valkey: Valkey) => Promise<T>): Promise<T | undefined>;
  /** The same for what matters more than a moment's wait: tried also while the cache is left alone, and up to three times. */
  attemptWithRetries<T>(command: (valkey: Valkey) => Promise<T>): Promise<T | undefined>;
  close(): void;
}

/** A client that opens no connection before the first command. */
export function createCache(settings: CacheSettings): CacheClient {
  let client: Promise<Valkey> | undefined;
  let pausedUntilMs = 0;
  const connected = () => {
    client ??= connect(settings, () => {
      client = undefined;
    });
    return client;
  };
  const run = async <T>(command: (valkey: Valkey) => Promise<T>): Promise<T | undefined> => {
    try {
      return await command(await connected());
    } catch (error) {
      pausedUntilMs = Date.now() + PAUSE_MS;
      count('CacheUnavailable');
      logger.warn('cache unavailable', errorFields(error));
      return undefined;
    }
  };
  return {
    attempt: async (command) => (Date.now() < pausedUntilMs ? undefined : run(command)),
    attemptWithRetries: async (command) => (await run(command)) ?? (await run(command)) ?? run(command),
    close: () => void client?.then((valkey) => valkey.disconnect()),
  };
}

/** A connection that ended is not opened again but replaced by a new one: a token is good for one connection's start. */
async function connect(settings: CacheSettings, onEnd: () => void): Promise<Valkey> {
  const { password } = settings;
  const valkey = new Valkey({
    host: settings.host,
    port: settings.port,
    username: settings.user,
    password: typeof password === 'string' ? password : await password(),
    ...(settings.tls && { tls: {} }),
    lazyConnect: true,
    connectTimeout: 1_000,
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    retryStrategy: () => null,
  });
  // Each failed command reports itself; the connection's own event only repeats it.
  valkey.on('error', () => {});
  valkey.once('end', onEnd);
  return valkey;
}

/** The cache as the function's environment names it. */
export function cacheFromEnv(): CacheClient {
  const env = readEnv({
    CACHE_HOST: z.string().min(1),
    CACHE_PORT: wholeNumber(1, 65_535),
    CACHE_USER: z.string().min(1),
    /** Only where the server runs on this machine; elsewhere IAM signs in, over TLS. */
    CACHE_PASSWORD: z.string().min(1).optional(),
    CACHE_IAM_NAME: z.string().min(1).optional(),
  });
  const signToken = async () => {
    const { cacheToken } = await import('../shared/iam-token.ts');
    return cacheToken(env.CACHE_IAM_NAME ?? env.CACHE_HOST, env.CACHE_USER);
  };
  return createCache({
    host: env.CACHE_HOST,
    port: env.CACHE_PORT,
    user: env.CACHE_USER,
    password: env.CACHE_PASSWORD ?? signToken,
    tls: env.CACHE_PASSWORD === undefined,
  });
}
