import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { derToRaw, signAccessToken, verifyAccessToken } from '../../../lambdas/auth/access-token.ts';
import { DUMMY_HASH, hashPassword, verifyPassword } from '../../../lambdas/auth/passwords.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' };
const keys = { keys: [jwk as never] };
/** Signs like KMS, which returns DER, and converts to the raw form that a JWT needs. */
const signer = { keyId: 'k1', sign: async (message: Uint8Array) => derToRaw(sign('sha256', message, privateKey)) };
const principal = { userId: crypto.randomUUID(), sessionId: crypto.randomUUID(), role: 'customer' as const };
const now = new Date('2026-01-01T00:00:00Z');
const issuer = 'https://shop.example.com';

describe('access tokens', () => {
  test('identify the caller', async () => {
    const token = await signAccessToken(signer, issuer, principal, now);
    expect(await verifyAccessToken(token, keys, issuer, now)).toEqual(principal);
  });

  test('expire after ten minutes', async () => {
    const token = await signAccessToken(signer, issuer, principal, now);
    const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);
    await expect(verifyAccessToken(token, keys, issuer, later(599))).resolves.toEqual(principal);
    await expect(verifyAccessToken(token, keys, issuer, later(600))).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
  });

  test('of another issuer are rejected', async () => {
    const token = await signAccessToken(signer, 'https://elsewhere.example.com', principal, now);
    await expect(verifyAccessToken(token, keys, issuer, now)).rejects.toMatchObject({
      code: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
    });
  });

  test.each(['none', 'HS256'])('with algorithm %s are rejected', async (alg) => {
    const [, claims] = (await signAccessToken(signer, issuer, principal, now)).split('.');
    const header = Buffer.from(JSON.stringify({ alg, typ: 'at+jwt', kid: 'k1' })).toString('base64url');
    const forged = `${header}.${claims}.${createHash('sha256').update('x').digest('base64url')}`;
    await expect(verifyAccessToken(forged, keys, issuer, now)).rejects.toThrow();
  });

  test('with a changed claim are rejected', async () => {
    const [header, claims, signature] = (await signAccessToken(signer, issuer, principal, now)).split('.') as [
      string,
      string,
      string,
    ];
    const changed = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), role: 'admin' };
    const forged = `${header}.${Buffer.from(JSON.stringify(changed)).toString('base64url')}.${signature}`;
    await expect(verifyAccessToken(forged, keys, issuer, now)).rejects.toMatchObject({
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
  });

  test('have a valid 64-byte signature for DER signatures of every length', async () => {
    // Short and padded integers are rare. A few hundred signatures contain some of each.
    for (let round = 0; round < 300; round++) {
      const token = await signAccessToken(signer, issuer, { ...principal, sessionId: crypto.randomUUID() }, now);
      expect(Buffer.from(token.split('.')[2] as string, 'base64url')).toHaveLength(64);
      await verifyAccessToken(token, keys, issuer, now);
    }
  });
});

describe('passwords', () => {
  test('are stored as argon2id hashes with their cost and a unique salt', async () => {
    const [one, two] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(two);
    expect(await verifyPassword('correct horse', one)).toBe(true);
    expect(await verifyPassword('correct horsf', one)).toBe(false);
  });

  test('never match the dummy hash, which can be verified like any other', async () => {
    expect(await verifyPassword('', DUMMY_HASH)).toBe(false);
  });
});
