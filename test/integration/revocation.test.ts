import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { revokeSessions } from '../../lambdas/auth/auth.repository.ts';
import { countAttempt } from '../../lambdas/auth/login-attempts.ts';
import { LoginLimits, PER_ACCOUNT } from '../../lambdas/auth/login-limits.ts';
import { markRevoked, Revocations } from '../../lambdas/auth/revocation.ts';
import { listRevoked } from '../../lambdas/auth/revoked-sessions.ts';
import { type CacheClient, createCache } from '../../lambdas/cache/cache.client.ts';
import { makeUser, uniqueEmail } from '../support/factories.ts';
import { lasting } from '../support/lasting.ts';
import { cacheAs, databaseAs, eventually, rows, secrets } from '../support/platform.ts';
import { Tunnel } from '../support/tunnel.ts';
import { startValkeyServer, type ValkeyServer } from '../support/valkey-server.ts';

const database = databaseAs('authorizer');
const auth = databaseAs('auth');
/** A Valkey of its own, which the tests flush and restart. */
let server: ValkeyServer;
beforeAll(async () => {
  server = await startValkeyServer();
});
afterAll(async () => {
  await Promise.all([database.close(), auth.close(), server.stop()]);
});

const cacheOf = (service: string) =>
  createCache({
    host: '127.0.0.1',
    port: server.port,
    user: service,
    password: secrets.services[service] as string,
    tls: false,
  });

/** What one instance of the authorizer decides, and how often it has read the database for that. */
function authorizer(cache = cacheOf('authorizer')) {
  const seen = { reads: 0 };
  const revocations = new Revocations(cache, async () => {
    seen.reads++;
    return database.write(listRevoked);
  });
  return { isRevoked: (id: string) => revocations.isRevoked(id), seen, close: () => cache.close() };
}

async function openSession(): Promise<string> {
  const [session] = await rows<{ id: string }>(
    `INSERT INTO auth.sessions (user_id, user_agent, address, expires_at) VALUES ($1, '', '', now() + interval '1 day') RETURNING id`,
    [await makeUser()],
  );
  return session?.id as string;
}

/** Commits a log-out to the database only, like a function that dies before it writes to the cache. */
const commitLogOut = (id: string) => rows('UPDATE auth.sessions SET revoked_at = now() WHERE id = $1', [id]);

async function logOut(id: string): Promise<void> {
  await commitLogOut(id);
  const cache = cacheOf('auth');
  await markRevoked(cache, [id]);
  cache.close();
}

describe('in normal running', () => {
  test('200 checks by ten instances read the database once, or twice, in all', async () => {
    await server.flush();
    const instances = Array.from({ length: 10 }, () => authorizer());
    const [open, ended] = [await openSession(), await openSession()];
    expect(await instances[0]?.isRevoked(open)).toBe(false);
    await logOut(ended);
    for (let round = 0; round < 10; round++)
      for (const { isRevoked } of instances)
        expect([await isRevoked(open), await isRevoked(ended)]).toEqual([false, true]);
    // Twice at most, if a busy machine takes so long that the cache is filled anew.
    expect(instances.reduce((sum, { seen }) => sum + seen.reads, 0)).toBeLessThanOrEqual(2);
    for (const { close } of instances) close();
  });
});

describe('a logged-out token is rejected', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['after the cache was flushed', () => server.flush()],
    ['after the cache was killed and came back empty', () => server.restart()],
    ['after the cache came back with an old snapshot of its keys', () => server.restartFromSnapshot()],
    ['after the cache evicted keys', () => server.evict()],
    ['while the cache is down', () => server.stop()],
  ])('%s', async (_, fail) => {
    const { isRevoked, close } = authorizer();
    const [open, ended] = [await openSession(), await openSession()];
    // An earlier check has marked the cache as complete. A snapshot has the mark, and not the log-out.
    await eventually(async () => !(await isRevoked(open)));
    await server.saveSnapshot();
    await logOut(ended);
    expect(await isRevoked(ended)).toBe(true);
    await fail();
    expect([await isRevoked(ended), await isRevoked(open)]).toEqual([true, false]);
    // And another instance, whose connection is new.
    const other = authorizer();
    expect([await other.isRevoked(ended), await other.isRevoked(open)]).toEqual([true, false]);
    close();
    other.close();
    await server.start();
  });

  test('within a second while the cache is down, and then the database is read at most once a second', async () => {
    const { isRevoked, seen, close } = authorizer(cacheAs('authorizer', 1));
    const id = await openSession();
    expect(await isRevoked(id)).toBe(false);
    await commitLogOut(id);
    await lasting(1_000);
    expect(await isRevoked(id)).toBe(true);
    const before = seen.reads;
    await Promise.all(Array.from({ length: 50 }, () => isRevoked(id)));
    expect(seen.reads - before).toBeLessThanOrEqual(1);
    close();
  });

  test('after the cache was out of reach during the log-out, and came back with all its keys', async () => {
    const line = await Tunnel.to(server.port);
    const settings = { host: '127.0.0.1', port: Number(line.address.split(':')[1]), tls: false };
    const clients = ['authorizer', 'auth'].map((user) =>
      createCache({ ...settings, user, password: secrets.services[user] as string }),
    );
    const [checks, logOuts] = clients as [CacheClient, CacheClient];
    const { isRevoked, close } = authorizer(checks);
    const id = await openSession();
    // The cache is marked as complete, and stays so.
    await eventually(async () => !(await isRevoked(id)));
    line.leadTo(1);
    line.drop();
    await commitLogOut(id);
    await markRevoked(logOuts, [id]);
    await eventually(() => isRevoked(id));
    line.leadTo(server.port);
    const decidedByCache = async () => (await checks.attempt((valkey) => valkey.exists('{revoked}:complete'))) === 1;
    await eventually(decidedByCache);
    expect(await isRevoked(id)).toBe(true);
    // The cache has it now, so another instance, which saw no outage, rejects the token too.
    const other = authorizer();
    expect(await other.isRevoked(id)).toBe(true);
    close();
    other.close();
    logOuts.close();
    line.close();
  });

  test('when a flush hits between the read of the database and the fill', async () => {
    await server.flush();
    const id = await openSession();
    const cache = cacheOf('authorizer');
    const slow = new Revocations(cache, async () => {
      // The list was read before the log-out, whose key is then lost.
      await logOut(id);
      await server.flush();
      return [];
    });
    await slow.isRevoked(await openSession());
    const { isRevoked, close } = authorizer();
    expect(await isRevoked(id)).toBe(true);
    close();
    cache.close();
  });
});

test('the cache is filled with 20,000 revoked sessions, and then decides alone', async () => {
  await server.flush();
  const cache = cacheOf('authorizer');
  const ids = Array.from({ length: 20_000 }, () => crypto.randomUUID());
  let reads = 0;
  const revocations = new Revocations(cache, async () => {
    reads++;
    return ids;
  });
  const isLast = () => revocations.isRevoked(ids.at(-1) as string);
  // Until it is filled, each check is right too: the database decides.
  await eventually(async () => {
    expect(await isLast()).toBe(true);
    return (await cache.attempt((valkey) => valkey.exists('{revoked}:complete'))) === 1;
  });
  const before = reads;
  expect([await isLast(), await revocations.isRevoked(crypto.randomUUID()), reads]).toEqual([true, false, before]);
  cache.close();
});

test('a retry of a log-out reaches the cache that the first try did not', async () => {
  const userId = await makeUser();
  const [session] = await rows<{ id: string }>(
    `INSERT INTO auth.sessions (user_id, user_agent, address, expires_at) VALUES ($1, '', '', now() + interval '1 day') RETURNING id`,
    [userId],
  );
  const id = session?.id as string;
  const end = () => auth.write((db) => revokeSessions(db, userId, id));
  expect(await end()).toEqual([id]);
  const [first] = await rows('SELECT revoked_at FROM auth.sessions WHERE id = $1', [id]);
  expect(await end()).toEqual([id]);
  expect(await rows('SELECT revoked_at FROM auth.sessions WHERE id = $1', [id])).toEqual([first]);
  await rows(`UPDATE auth.sessions SET revoked_at = now() - interval '1 hour' WHERE id = $1`, [id]);
  expect(await end()).toEqual([]);
});

test('a successful login leaves no count that never expires', async () => {
  const cache = cacheOf('auth');
  const email = uniqueEmail();
  await new LoginLimits(cache, auth).recordSuccess(email, email);
  expect(await cache.attempt((valkey) => valkey.get(`login:address:${email}`))).toBeNull();
  cache.close();
});

test('without the cache and the database nobody is let in', async () => {
  const cache = cacheAs('authorizer', 1);
  const dead = databaseAs('authorizer', { writer: '127.0.0.1:1' });
  const revocations = new Revocations(cache, () => dead.write(listRevoked));
  await expect(revocations.isRevoked(await openSession())).rejects.toMatchObject({ kind: { status: 503 } });
  cache.close();
  await dead.close();
});

describe('login attempts while the cache is down', () => {
  const limits = () => new LoginLimits(cacheAs('auth', 1), auth);

  test('are counted in the database, also when they come at once, and a success resets the account', async () => {
    const email = uniqueEmail();
    const attempt = () => limits().check(email, email);
    const many = await Promise.allSettled(Array.from({ length: 20 }, attempt));
    expect(many.filter(({ status }) => status === 'fulfilled')).toHaveLength(PER_ACCOUNT.limit);
    await expect(attempt()).rejects.toMatchObject({
      kind: { code: 'TOO_MANY_ATTEMPTS' },
      details: { retryAfterSeconds: expect.any(Number) },
    });
    await limits().recordSuccess(email, email);
    await attempt();
  });

  test('count again from one when the window has ended', async () => {
    const key = `login:account:${uniqueEmail()}`;
    const attempt = () => auth.write((db) => countAttempt(db, key, PER_ACCOUNT.windowMs));
    await attempt();
    expect(await attempt()).toMatchObject({ hits: 2 });
    await rows(`UPDATE auth.login_attempts SET window_ends_at = now() - interval '1 s' WHERE key = $1`, [key]);
    expect(await attempt()).toMatchObject({ hits: 1, remainingSeconds: PER_ACCOUNT.windowMs / 1_000 });
  });
});
