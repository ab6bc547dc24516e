import { type ChainableCommander, Redis as Valkey } from 'iovalkey';
import * as z from 'zod';
import { readEnv, wholeNumber } from '../shared/env.ts';
import { errorFields, logger } from '../shared/logger.ts';
import { count } from '../shared/metrics.ts';

export interface CacheSettings {
  host: string;
  port: number;
  user: string;
  /** A password, or a function that creates one for each new connection. */
  password: string | (() => Promise<string>);
  tls: boolean;
}

/** The longest that a request waits for the cache. Then the caller uses the database. */
export const COMMAND_TIMEOUT_MS = 150;
/** After a failure the cache is skipped for this long, so that an outage costs one timeout per second. */
const PAUSE_MS = 1_000;

/** The cache is an optimisation, not a dependency. A command that gets no reply in time counts as unavailable. */
export interface CacheClient {
  /** @returns the reply, or `undefined` when the cache is unavailable. It never throws for that. */
  attempt<T>(command: (valkey: Valkey) => Promise<T>): Promise<T | undefined>;
  /** The same for commands that matter more than latency: up to three attempts, even while the cache is skipped. */
  attemptWithRetries<T>(command: (valkey: Valkey) => Promise<T>): Promise<T | undefined>;
  close(): void;
}

/** Creates a client that connects on the first command. */
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

/** Sends the commands in one round trip. @throws the first error of a command, which `exec` alone would only return */
export async function runAll(batch: ChainableCommander): Promise<true> {
  for (const [error] of (await batch.exec()) ?? []) if (error) throw error;
  return true;
}

/** A closed connection is replaced, not reopened, because each new connection needs its own token. */
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
  // Each failed command reports its own error. The connection's event would report it twice.
  valkey.on('error', () => {});
  valkey.once('end', onEnd);
  return valkey;
}

/** Creates the client from the function's environment. */
export function cacheFromEnv(): CacheClient {
  const env = readEnv({
    CACHE_HOST: z.string().min(1),
    CACHE_PORT: wholeNumber(1, 65_535),
    CACHE_USER: z.string().min(1),
    /** Only for a server on this machine. Otherwise the function authenticates with IAM, over TLS. */
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
