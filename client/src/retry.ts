import { ApiProblem, NoResponse } from './errors.ts';

export interface RetryPolicy {
  /** Attempts in all, the first included. */
  attempts: number;
  /** The delay before the first retry. It doubles with each, and a random part of it is left out. */
  baseMs: number;
  /** A call whose API asks to wait longer than this fails at once. */
  longestWaitMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { attempts: 4, baseMs: 200, longestWaitMs: 20_000 };

/** Resolves after the time. @throws the signal's reason when it aborts */
export type Wait = (ms: number, signal?: AbortSignal) => Promise<void>;

export const waitFor: Wait = (ms, signal) =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });

/**
 * Whether a repeated call can succeed where this one failed. `REQUEST_IN_PROGRESS`: an earlier attempt with the same key
 * was received although its response was lost.
 */
function isPassing(error: unknown): boolean {
  if (error instanceof NoResponse) return true;
  if (!(error instanceof ApiProblem)) return false;
  return error.status === 429 || error.status === 503 || error.code === 'REQUEST_IN_PROGRESS';
}

/** @returns undefined for a failed attempt that is not repeated */
export function delayAfter(
  error: unknown,
  attempt: number,
  { attempts, baseMs, longestWaitMs }: RetryPolicy,
  random: () => number = Math.random,
): number | undefined {
  if (attempt >= attempts || !isPassing(error)) return undefined;
  const backoffMs = baseMs * 2 ** (attempt - 1) * (0.5 + random() / 2);
  const asked = error instanceof ApiProblem ? error.retryAfterMs : undefined;
  const delayMs = Math.max(backoffMs, asked ?? 0);
  return delayMs > longestWaitMs ? undefined : delayMs;
}

/** Repeats `work` while its failure is passing. Only for calls that the API performs once however often they are made. */
export async function withRetries<T>(
  work: () => Promise<T>,
  { policy, wait, signal }: { policy: RetryPolicy; wait: Wait; signal?: AbortSignal },
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const delayMs = signal?.aborted ? undefined : delayAfter(error, attempt, policy);
      if (delayMs === undefined) throw error;
      await wait(delayMs, signal);
    }
  }
}

/** The value of `Retry-After` in milliseconds: seconds or a date (RFC 9110, 10.2.3). */
export function retryAfterMs(value: string | null, nowMs: number): number | undefined {
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
