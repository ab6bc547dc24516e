import { ApiProblem } from './errors.ts';
import type { components } from './schema.ts';

export interface StoredTokens {
  accessToken: string;
  refreshToken: string;
  expiresAtMs: number;
}

/** Where a client keeps the tokens of its session: in memory, or for example in the `sessionStorage` of a page. */
export interface TokenStore {
  read(): StoredTokens | undefined;
  /** `undefined` forgets the tokens. */
  write(tokens: StoredTokens | undefined): void;
}

export function memoryStore(): TokenStore {
  let kept: StoredTokens | undefined;
  return {
    read: () => kept,
    write: (tokens) => {
      kept = tokens;
    },
  };
}

type Tokens = components['schemas']['Tokens'];

/** Renew this long before the token expires, so that it does not expire during a call. */
const MARGIN_MS = 30_000;

/** The tokens of a client. They are refreshed when they expire, once for all calls that wait for it. */
export class Session {
  readonly #store: TokenStore;
  readonly #refresh: (refreshToken: string) => Promise<Tokens>;
  readonly #now: () => number;
  #renewal: Promise<void> | undefined;

  constructor(store: TokenStore, refresh: (refreshToken: string) => Promise<Tokens>, now: () => number) {
    this.#store = store;
    this.#refresh = refresh;
    this.#now = now;
  }

  get isOpen(): boolean {
    return this.#store.read() !== undefined;
  }

  open({ accessToken, refreshToken, expiresIn }: Tokens): void {
    this.#store.write({ accessToken, refreshToken, expiresAtMs: this.#now() + expiresIn * 1000 });
  }

  close(): void {
    this.#store.write(undefined);
  }

  /** An access token for a call, or undefined without a session. */
  async accessToken(): Promise<string | undefined> {
    const tokens = this.#store.read();
    if (!tokens) return undefined;
    if (tokens.expiresAtMs - MARGIN_MS <= this.#now()) await this.#renewOnce();
    return this.#store.read()?.accessToken;
  }

  /** Another access token than the one that the API has rejected, or undefined if the session has ended. */
  async accessTokenAfter(rejected: string): Promise<string | undefined> {
    // Another call may have renewed the tokens since this one was sent.
    if (this.#store.read()?.accessToken === rejected) await this.#renewOnce();
    const current = this.#store.read()?.accessToken;
    return current === rejected ? undefined : current;
  }

  /** One renewal at a time: a refresh token works once, and a second use would end the session. */
  #renewOnce(): Promise<void> {
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #renew(): Promise<void> {
    const used = this.#store.read();
    if (!used) return;
    // A log-out or a log-in during the renewal has replaced the tokens. Then the result is not stored.
    const isCurrent = () => this.#store.read()?.refreshToken === used.refreshToken;
    try {
      const fresh = await this.#refresh(used.refreshToken);
      if (isCurrent()) this.open(fresh);
    } catch (error) {
      const isRefused = error instanceof ApiProblem && error.status < 500 && error.status !== 429;
      if (!isRefused) throw error;
      if (isCurrent()) this.close();
    }
  }
}
