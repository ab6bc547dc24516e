import { describe, expect, test } from '@jest/globals';
import { fakeApi, json, problem, tokens } from '../../support/fake-api.ts';

const refreshes = (received: { path: string }[]) => received.filter(({ path }) => path === '/auth/refresh');

describe('the session of a client', () => {
  test('is opened by a log-in, sent with calls that need it, and closed by a log-out', async () => {
    const { client, received } = fakeApi(({ path }) => {
      if (path === '/auth/login') return json(200, tokens(1));
      return path === '/auth/logout' ? new Response(null, { status: 204 }) : json(200, { items: [], nextCursor: null });
    });
    await client.logIn({ body: { email: 'ann@example.com', password: 'correct horse battery' } });
    expect(client.isLoggedIn()).toBe(true);
    await client.listOrders();
    await client.listProducts();
    expect(await client.logOut()).toBeUndefined();
    expect(client.isLoggedIn()).toBe(false);
    expect(received.map(({ authorization }) => authorization)).toEqual([
      null,
      'Bearer access-1',
      null,
      'Bearer access-1',
    ]);
  });

  test('refreshes an expired token once for 20 calls at once', async () => {
    const { client, received, holdTokens } = fakeApi(({ path }) =>
      path === '/auth/refresh' ? json(200, tokens(2)) : json(200, { items: [], nextCursor: null }),
    );
    holdTokens(1, 0);
    await Promise.all(Array.from({ length: 20 }, () => client.listOrders()));
    expect(refreshes(received)).toMatchObject([{ body: { refreshToken: 'refresh-1' } }]);
    expect(received.filter(({ authorization }) => authorization === 'Bearer access-2')).toHaveLength(20);
  });

  test('refreshes a rejected token once for 20 calls, also for those that are rejected after the refresh', async () => {
    const late = Promise.withResolvers<void>();
    const { client, received, holdTokens } = fakeApi(async ({ path, authorization }, count) => {
      if (path === '/auth/refresh') return json(200, tokens(2));
      if (authorization === 'Bearer access-2') return json(200, { items: [], nextCursor: null });
      // The last of the first 20 is answered only when the others have their fresh token.
      if (count === 20) await late.promise;
      return problem(401, 'UNAUTHENTICATED');
    });
    holdTokens(1);
    const calls = Array.from({ length: 20 }, () => client.listOrders());
    await Promise.all(calls.slice(0, 19));
    late.resolve();
    await Promise.all(calls);
    expect(refreshes(received)).toHaveLength(1);
  });

  test('is closed when the API refuses the refresh, and the call fails with its own problem', async () => {
    const { client, holdTokens } = fakeApi(({ path }) =>
      path === '/auth/refresh' ? problem(401, 'REFRESH_REUSED') : problem(401, 'UNAUTHENTICATED'),
    );
    holdTokens(1);
    await expect(client.me()).rejects.toMatchObject({ code: 'UNAUTHENTICATED', operation: 'me' });
    expect(client.isLoggedIn()).toBe(false);
  });

  test('is kept when the refresh gets no response, which is not repeated', async () => {
    const { client, received, holdTokens } = fakeApi(() => new TypeError('fetch failed'));
    holdTokens(1, 0);
    await expect(client.me()).rejects.toMatchObject({ name: 'NoResponse' });
    expect(received).toHaveLength(1);
    expect(client.isLoggedIn()).toBe(true);
  });

  test('stays closed when a refresh ends after the log-out', async () => {
    const answered = Promise.withResolvers<Response>();
    const { client, store, holdTokens } = fakeApi(({ path }) =>
      path === '/auth/refresh' ? answered.promise : problem(401, 'UNAUTHENTICATED'),
    );
    holdTokens(1, 0);
    const call = client.me();
    store.write(undefined);
    answered.resolve(json(200, tokens(2)));
    await expect(call).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(client.isLoggedIn()).toBe(false);
  });
});
