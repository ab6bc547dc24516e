import { describe, expect, test } from '@jest/globals';
import { VIEWER_ADDRESS_HEADER } from '../../lambdas/shared/contract.ts';
import { uniqueEmail } from '../support/factories.ts';
import { rows } from '../support/platform.ts';
import { call, mailTo, PASSWORD, Shopper } from '../support/shopper.ts';

const tokenIn = (text: string) => /token=([\w-]+)/.exec(text)?.[1] as string;

describe('an account', () => {
  test('is unique by e-mail address, regardless of case', async () => {
    const email = uniqueEmail();
    const body = { email, password: PASSWORD, name: 'Ann' };
    const { status, body: answer } = await call('POST', '/auth/signup', { body });
    expect(status).toBe(201);
    expect(answer.user).toEqual({
      id: expect.any(String),
      email,
      name: 'Ann',
      role: 'customer',
      emailVerified: false,
      createdAt: expect.any(String),
    });
    expect(await call('POST', '/auth/signup', { body: { ...body, email: email.toUpperCase() } })).toMatchObject({
      status: 409,
      body: { code: 'EMAIL_TAKEN' },
    });
    expect(
      (await call('POST', '/auth/login', { body: { email: email.toUpperCase(), password: PASSWORD } })).status,
    ).toBe(200);
  });

  test('is created once by 10 concurrent sign-ups', async () => {
    const body = { email: uniqueEmail(), password: PASSWORD, name: 'Ann' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => call('POST', '/auth/signup', { body })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)]);
  });

  test('is verified by the mailed link, which works once', async () => {
    const shopper = await Shopper.signUp();
    const token = tokenIn((await mailTo(shopper.email, 'Verify')).text);
    expect((await call('POST', '/auth/verify-email', { body: { token } })).status).toBe(204);
    expect((await shopper.call('GET', '/auth/me')).body.user.emailVerified).toBe(true);
    expect(await call('POST', '/auth/verify-email', { body: { token } })).toMatchObject({
      status: 422,
      body: { code: 'MAIL_TOKEN_INVALID' },
    });
    expect(await rows('SELECT 1 FROM queue.outbox WHERE payload::text LIKE $1', [`%${token}%`])).toEqual([]);
  });

  test('gets a new password through the mailed link, and all its sessions end', async () => {
    const shopper = await Shopper.signUp();
    expect((await call('POST', '/auth/password-reset', { body: { email: shopper.email } })).status).toBe(202);
    const token = tokenIn((await mailTo(shopper.email, 'Reset')).text);
    expect(
      (await call('POST', '/auth/password-reset/confirm', { body: { token, newPassword: 'another horse entirely' } }))
        .status,
    ).toBe(204);
    expect((await shopper.call('GET', '/auth/me')).status).toBe(401);
    expect((await call('POST', '/auth/refresh', { body: { refreshToken: shopper.refreshToken } })).status).toBe(401);
    expect((await call('POST', '/auth/login', { body: { email: shopper.email, password: PASSWORD } })).status).toBe(
      401,
    );
    await shopper.logIn('another horse entirely');
  });

  test('that does not exist gets the same response to a password reset', async () => {
    expect((await call('POST', '/auth/password-reset', { body: { email: uniqueEmail() } })).status).toBe(202);
  });
});

describe('a session', () => {
  test('is rejected immediately after log-out', async () => {
    const shopper = await Shopper.signUp();
    expect((await shopper.call('GET', '/auth/me')).status).toBe(200);
    expect((await shopper.call('POST', '/auth/logout')).status).toBe(204);
    expect(await shopper.call('GET', '/auth/me')).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    expect(await shopper.call('GET', '/orders')).toMatchObject({ status: 401 });
  });

  test('continues with each new refresh token and ends when an old one is reused', async () => {
    const shopper = await Shopper.signUp();
    const first = shopper.refreshToken;
    const { body: second } = await call('POST', '/auth/refresh', { body: { refreshToken: first } });
    expect(second).toEqual({
      accessToken: expect.any(String),
      tokenType: 'Bearer',
      expiresIn: 600,
      refreshToken: expect.any(String),
    });
    expect(await call('POST', '/auth/refresh', { body: { refreshToken: first } })).toMatchObject({
      status: 401,
      body: { code: 'REFRESH_REUSED' },
    });
    expect((await call('POST', '/auth/refresh', { body: { refreshToken: second.refreshToken } })).status).toBe(401);
    expect((await call('GET', '/auth/me', { token: second.accessToken })).status).toBe(401);
  });

  test('accepts one of 10 concurrent uses of a refresh token, and the reuse ends the session', async () => {
    const { refreshToken } = await Shopper.signUp();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => call('POST', '/auth/refresh', { body: { refreshToken } })),
    );
    const succeeded = answers.filter(({ status }) => status === 200);
    expect(succeeded).toHaveLength(1);
    expect(
      (await call('POST', '/auth/refresh', { body: { refreshToken: succeeded[0]?.body.refreshToken } })).status,
    ).toBe(401);
  });

  test('is listed and can be ended from another session of the same user', async () => {
    const phone = await Shopper.signUp();
    const laptop = await new Shopper(phone.email).logIn();
    const { body } = await laptop.call('GET', '/auth/sessions');
    expect(body.items).toHaveLength(2);
    const other = body.items.find((session) => !session.current);
    expect((await laptop.call('DELETE', `/auth/sessions/${other?.id}`)).status).toBe(204);
    expect((await phone.call('GET', '/auth/me')).status).toBe(401);
    const stranger = await Shopper.signUp();
    expect((await stranger.call('DELETE', `/auth/sessions/${body.items[0]?.id}`)).status).toBe(404);
  });

  test('is listed with the real client address, not a forged one', async () => {
    const shopper = await Shopper.signUp();
    const claimed = { [VIEWER_ADDRESS_HEADER]: '203.0.113.1', 'x-forwarded-for': '203.0.113.1' };
    await call('POST', '/auth/login', { body: { email: shopper.email, password: PASSWORD }, headers: claimed });
    const { body } = await shopper.call('GET', '/auth/sessions');
    expect(body.items.map(({ address }) => address)).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  test('sign-up rejects a name with a line break or a link', async () => {
    for (const name of ['Ann\r\n\r\nYour account is locked', 'http://evil.example/'])
      expect(
        await call('POST', '/auth/signup', { body: { email: uniqueEmail(), password: PASSWORD, name } }),
      ).toMatchObject({ status: 422, body: { code: 'VALIDATION_FAILED' } });
  });

  test('cannot be opened by guessing: after ten failures, the right password gets 429 too', async () => {
    const shopper = await Shopper.signUp();
    for (let attempt = 0; attempt < 10; attempt++) {
      const wrong = await call('POST', '/auth/login', { body: { email: shopper.email, password: 'wrong password' } });
      expect(wrong).toMatchObject({ status: 401, body: { code: 'INVALID_CREDENTIALS' } });
    }
    const locked = await call('POST', '/auth/login', { body: { email: shopper.email, password: PASSWORD } });
    expect(locked).toMatchObject({ status: 429, body: { code: 'TOO_MANY_ATTEMPTS' } });
    expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

test('the public signing keys are served as a JWKS', async () => {
  const { body } = await call('GET', '/.well-known/jwks.json');
  expect(body.keys).toEqual([
    {
      kty: 'EC',
      crv: 'P-256',
      alg: 'ES256',
      use: 'sig',
      kid: expect.any(String),
      x: expect.any(String),
      y: expect.any(String),
    },
  ]);
});
