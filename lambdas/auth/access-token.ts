import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import * as z from 'zod';
import type { Principal } from '../shared/contract.ts';
import { invariant } from '../shared/invariant.ts';
import { ACCESS_TOKEN_SECONDS } from './user.ts';

/** r and s, 32 bytes each (RFC 7518 3.4). */
const SIGNATURE_BYTES = 64;

export const AUDIENCE = 'throughline-api';

/** Signs bytes with a private key that never leaves its store. @returns r‖s, 64 bytes */
export interface TokenSigner {
  keyId: string;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

const claimsSchema = z.object({ sub: z.uuid(), sid: z.uuid(), role: z.enum(['customer', 'admin']) });

/** Creates an ES256 access token, valid for ten minutes. jose cannot sign with a KMS key, so the JWS is built here. */
export async function signAccessToken(
  signer: TokenSigner,
  issuer: string,
  principal: Principal,
  now: Date,
): Promise<string> {
  const issuedAt = Math.floor(now.getTime() / 1000);
  const header = { alg: 'ES256', typ: 'at+jwt', kid: signer.keyId };
  const claims = {
    iss: issuer,
    aud: AUDIENCE,
    sub: principal.userId,
    sid: principal.sessionId,
    role: principal.role,
    iat: issuedAt,
    exp: issuedAt + ACCESS_TOKEN_SECONDS,
  };
  const signingInput = `${encode(header)}.${encode(claims)}`;
  const signature = await signer.sign(Buffer.from(signingInput));
  invariant(signature.length === SIGNATURE_BYTES, 'an ES256 signature is 64 bytes', { bytes: signature.length });
  return `${signingInput}.${Buffer.from(signature).toString('base64url')}`;
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @throws unless the token is unexpired and has the expected issuer, algorithm, type and audience */
export async function verifyAccessToken(
  token: string,
  keys: JSONWebKeySet,
  issuer: string,
  now: Date,
): Promise<Principal> {
  const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
    algorithms: ['ES256'],
    typ: 'at+jwt',
    issuer,
    audience: AUDIENCE,
    currentDate: now,
    requiredClaims: ['exp', 'iat', 'sub', 'sid'],
  });
  const { sub, sid, role } = claimsSchema.parse(payload);
  return { userId: sub, sessionId: sid, role };
}

/**
 * KMS returns an ECDSA signature as DER: a SEQUENCE of two INTEGERs (RFC 3279 2.2.3). JWS needs the two numbers
 * concatenated, 32 bytes each (RFC 7518 3.4).
 */
export function derToRaw(der: Uint8Array): Uint8Array {
  const raw = new Uint8Array(64);
  const rLength = der[3] as number;
  raw.set(fixedWidth(der.subarray(4, 4 + rLength)), 0);
  raw.set(fixedWidth(der.subarray(6 + rLength)), 32);
  return raw;
}

function fixedWidth(integer: Uint8Array): Uint8Array {
  const digits = integer.subarray(integer.findIndex((byte) => byte !== 0));
  if (integer.length > 33 || digits.length > 32) throw new RangeError('Not a P-256 signature in DER.');
  const padded = new Uint8Array(32);
  padded.set(digits, 32 - digits.length);
  return padded;
}
