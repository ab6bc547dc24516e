import { createClient, type StoredTokens, type TokenStore } from '../../client/src/index.ts';

const KEY = 'throughline.session';

/** Each tab has its own session, which ends with the tab. */
const tokens: TokenStore = {
  read: () => (JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as StoredTokens | null) ?? undefined,
  write: (stored) => {
    if (stored) sessionStorage.setItem(KEY, JSON.stringify(stored));
    else sessionStorage.removeItem(KEY);
  },
};

/** The API, called as the user of this tab. */
export const api = createClient({ baseUrl: '/api', tokens });

/** Also ends the session on this page when the API cannot be reached. */
export async function logOut(): Promise<void> {
  await api.logOut().catch(() => {});
}
