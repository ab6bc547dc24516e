import { ApiError, createApi } from './api.ts';

interface StoredTokens {
  accessToken: string;
  refreshToken: string;
  expiresAtMs: number;
}

const KEY = 'throughline.session';
/** Renew this long before the token expires, so that it does not expire during a call. */
const MARGIN_MS = 30_000;

const read = (): StoredTokens | undefined => JSON.parse(sessionStorage.getItem(KEY) ?? 'null') ?? undefined;

function store(tokens: { accessToken: string; refreshToken: string; expiresIn: number }): void {
  const { accessToken, refreshToken, expiresIn } = tokens;
  sessionStorage.setItem(
    KEY,
    JSON.stringify({ accessToken, refreshToken, expiresAtMs: Date.now() + expiresIn * 1000 }),
  );
}

const call = createApi({ baseUrl: '/api', token: () => read()?.accessToken });

export const isLoggedIn = (): boolean => read() !== undefined;

export async function logIn(email: string, password: string): Promise<void> {
  store(await call<'logIn'>('POST', '/auth/login', { body: { email, password } }));
}

export async function logOut(): Promise<void> {
  // The API would reject an expired token, and the session would stay active.
  await renew();
  await call<'logOut'>('POST', '/auth/logout').catch(() => {});
  sessionStorage.removeItem(KEY);
}

let renewal: Promise<void> | undefined;

/** One renewal at a time: a refresh token works once, and a second use would end the session. */
async function renew(): Promise<void> {
  const tokens = read();
  if (!tokens || tokens.expiresAtMs - MARGIN_MS > Date.now()) return;
  renewal ??= call<'refresh'>('POST', '/auth/refresh', { body: { refreshToken: tokens.refreshToken } })
    .then(store)
    .catch(() => sessionStorage.removeItem(KEY))
    .finally(() => {
      renewal = undefined;
    });
  await renewal;
}

/** Calls the API as the logged-in user. When the API rejects the session, it also ends here. */
export const api: typeof call = async (...args) => {
  await renew();
  try {
    return await call(...args);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) sessionStorage.removeItem(KEY);
    throw error;
  }
};
