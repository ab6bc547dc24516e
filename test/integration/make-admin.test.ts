import { afterAll, describe, expect, test } from '@jest/globals';
import { makeAdmin } from '../../lambdas/auth/make-admin.ts';
import { uniqueEmail } from '../support/factories.ts';
import { databaseAs, rows } from '../support/platform.ts';
import { call, PASSWORD } from '../support/shopper.ts';

const database = databaseAs('auth');
afterAll(() => database.close());

async function account(verified: boolean): Promise<string> {
  const email = uniqueEmail();
  await call('POST', '/auth/signup', { body: { email, password: PASSWORD, name: 'Ann' } });
  if (verified) await rows('UPDATE auth.users SET email_verified_at = now() WHERE email = $1', [email]);
  return email;
}
const roleOf = async (email: string) => (await rows('SELECT role FROM auth.users WHERE email = $1', [email]))[0]?.role;

describe('make-admin', () => {
  test('gives a verified account the role admin and ignores the case of its address', async () => {
    const email = await account(true);
    expect(await makeAdmin(database, email.toUpperCase())).toMatchObject({ role: 'admin' });
    expect(await roleOf(email)).toBe('admin');
  });

  test('rejects an unverified address and an address without an account', async () => {
    const email = await account(false);
    await expect(makeAdmin(database, email)).rejects.toThrow('not verified');
    expect(await roleOf(email)).toBe('customer');
    await expect(makeAdmin(database, uniqueEmail())).rejects.toThrow('no account');
  });
});
