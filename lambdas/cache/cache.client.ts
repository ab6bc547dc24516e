import { Redis as Valkey } from 'iovalkey';
import * as z from 'zod';
import { readEnv, wholeNumber } from '../shared/env.ts';
import { errorFacts, logger } from '../shared/logger.ts';
import { count } from '../shared/metrics.ts';

export interface CacheSettings {
  host: string;
  port: number;
  user: string;
  password: string;
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
  close(): void;
}

/** A client that opens no connection before the first command. */
export function createCache(settings: CacheSettings): CacheClient {
  let valkey: Valkey | undefined;
  let pausedUntilMs = 0;
  return {
    attempt: async (command) => {
      if (Date.now() < pausedUntilMs) return undefined;
      valkey ??= connect(settings);
      try {
        return await command(valkey);
      } catch (error) {
        pausedUntilMs = Date.now() + PAUSE_MS;
        count('CacheUnavailable');
        logger.warn('cache unavailable', errorFacts(error));
        return undefined;
      }
    },
    close: () => valkey?.disconnect(),
  };
}

function connect(settings: CacheSettings): Valkey {
  const valkey = new Valkey({
    host: settings.host,
    port: settings.port,
    username: settings.user,
    password: settings.password,
    ...(settings.tls && { tls: {} }),
    lazyConnect: true,
    connectTimeout: 1_000,
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    retryStrategy: (attempt) => Math.min(attempt * 50, 1_000),
  });
  // Each failed command reports itself; the connection's own event only repeats it.
  valkey.on('error', () => {});
  return valkey;
}

/** The cache as the function's environment names it. */
export function cacheFromEnv(): CacheClient {
  const env = readEnv({
    CACHE_HOST: z.string().min(1),
    CACHE_PORT: wholeNumber(1, 65_535),
    CACHE_USER: z.string().min(1),
    CACHE_PASSWORD: z.string().min(1),
    CACHE_TLS: z.enum(['on', 'off']),
  });
  return createCache({
    host: env.CACHE_HOST,
    port: env.CACHE_PORT,
    user: env.CACHE_USER,
    password: env.CACHE_PASSWORD,
    tls: env.CACHE_TLS === 'on',
  });
}
