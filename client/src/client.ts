import { isProblem } from './errors.ts';
import { OPERATIONS } from './operations.ts';
import { DEFAULT_RETRY, type RetryPolicy, type Wait, waitFor, withRetries } from './retry.ts';
import { memoryStore, Session, type TokenStore } from './session.ts';
import { type AnyCall, send, type Transport } from './transport.ts';
import type { CallArguments, OperationName, Result } from './types.ts';

export interface ClientOptions {
  /** The address of the API, for example `https://shop.example.com/api`. On a page of the same origin: `/api`. */
  baseUrl: string;
  /** If absent, the tokens are kept in memory. */
  tokens?: TokenStore;
  retry?: Partial<RetryPolicy>;
  /** An attempt without a response ends after this time. The API responds within 30 s. */
  timeoutMs?: number;
  /** For tests. */
  fetch?: typeof fetch;
  wait?: Wait;
  now?: () => number;
}

/** A method for each operation. The client refreshes tokens itself. */
export type Operations = {
  [O in Exclude<OperationName, 'refresh'>]: (...call: CallArguments<O>) => Promise<Result<O>>;
};

export interface Client extends Operations {
  /** Whether there are tokens. The API may have ended their session meanwhile. */
  isLoggedIn(): boolean;
}

/** A client of the API. `logIn` opens its session, which all further calls use, and `logOut` closes it. */
export function createClient(options: ClientOptions): Client {
  const perform = performer(options);
  const { session } = perform;
  const methods = Object.keys(OPERATIONS).map((name) => [
    name,
    (call: AnyCall = {}) => perform.call(name as OperationName, call),
  ]);
  const logIn = async (call: AnyCall) => {
    const tokens = await perform.call('logIn', call);
    session.open(tokens);
    return tokens;
  };
  const logOut = (call: AnyCall = {}) => perform.call('logOut', call).finally(() => session.close());
  return { ...Object.fromEntries(methods), logIn, logOut, isLoggedIn: () => session.isOpen } as Client;
}

/** Makes calls of any operation: with the session's token, an idempotency key and retries, each where it belongs. */
function performer(options: ClientOptions) {
  const { baseUrl, tokens = memoryStore(), timeoutMs = 35_000, wait = waitFor, now = Date.now } = options;
  const policy = { ...DEFAULT_RETRY, ...options.retry };
  // A browser's fetch fails if it is called as a method of another object.
  const transport: Transport = { baseUrl, timeoutMs, now, fetch: options.fetch ?? ((...request) => fetch(...request)) };
  const refresh = (refreshToken: string) => send(transport, 'refresh', { body: { refreshToken } }, undefined);
  const session = new Session(tokens, refresh, now);

  async function call<O extends OperationName>(operation: O, given: AnyCall): Promise<Result<O>> {
    const { method, token: needsToken, idempotent } = OPERATIONS[operation];
    const input = idempotent ? { ...given, idempotencyKey: given.idempotencyKey ?? crypto.randomUUID() } : given;
    const mayRepeat = idempotent || method === 'GET' || method === 'DELETE';
    const attempt = (accessToken: string | undefined) => {
      const once = () => send(transport, operation, input, accessToken);
      return mayRepeat ? withRetries(once, { policy, wait, ...(input.signal && { signal: input.signal }) }) : once();
    };
    const accessToken = needsToken ? await session.accessToken() : undefined;
    try {
      return await attempt(accessToken);
    } catch (error) {
      // The API rejects a token before it performs anything, so every operation can be repeated with a fresh one.
      if (!accessToken || !isProblem(error) || error.code !== 'UNAUTHENTICATED') throw error;
      const fresh = await session.accessTokenAfter(accessToken);
      if (!fresh) throw error;
      return attempt(fresh);
    }
  }
  return { call, session };
}
