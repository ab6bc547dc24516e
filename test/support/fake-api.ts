import { type Client, type ClientOptions, createClient, memoryStore } from '../../client/src/index.ts';

/** What the fake API has received. */
export interface Received {
  method: string;
  path: string;
  authorization: string | null;
  key: string | null;
  body: unknown;
}

type Answer = Response | Error | Promise<Response>;

/** The time of the tests. It stands still. */
export const NOW_MS = Date.parse('2026-03-02T09:30:00.000Z');

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

export function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  const document = { type: `urn:${code}`, title: code, status, code, requestId: 'r' };
  return json(status, document, { 'content-type': 'application/problem+json', ...headers });
}

export const tokens = (number: number) => ({
  accessToken: `access-${number}`,
  tokenType: 'Bearer',
  expiresIn: 600,
  refreshToken: `refresh-${number}`,
});

/** A client whose network is a function. It waits for nothing: the delays that it would wait are listed. */
export function fakeApi(answer: (received: Received, count: number) => Answer, options: Partial<ClientOptions> = {}) {
  const received: Received[] = [];
  const delays: number[] = [];
  const store = memoryStore();
  const client: Client = createClient({
    baseUrl: 'https://shop.example.com/api',
    tokens: store,
    now: () => NOW_MS,
    wait: async (ms) => {
      delays.push(ms);
    },
    fetch: async (url, { method = 'GET', headers, body } = {}) => {
      const sent = new Headers(headers);
      received.push({
        method,
        path: String(url).replace('https://shop.example.com/api', ''),
        authorization: sent.get('authorization'),
        key: sent.get('idempotency-key'),
        body: typeof body === 'string' ? JSON.parse(body) : undefined,
      });
      const answered = await answer(received.at(-1) as Received, received.length);
      if (answered instanceof Error) throw answered;
      return answered;
    },
    ...options,
  });
  /** Logs in without a call. `expiresInMs` from now. */
  const holdTokens = (number: number, expiresInMs = 600_000) =>
    store.write({ ...tokens(number), expiresAtMs: NOW_MS + expiresInMs });
  return { client, received, delays, store, holdTokens };
}
