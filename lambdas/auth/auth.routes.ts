import * as z from 'zod';
import { defineRoutes, READ_LIMIT, WRITE_LIMIT } from '../shared/contract.ts';
import { pageOf, pageQuerySchema } from '../shared/cursor.ts';
import { pageExample } from '../shared/examples.ts';
import { commonProblems } from '../shared/problem.ts';
import { emailSchema, text, uuidSchema } from '../shared/text.ts';
import { authProblems } from './auth.errors.ts';
import {
  credentialsExample,
  keyExample,
  opaqueTokenExample,
  sessionExample,
  tokensExample,
  userExample,
} from './auth.examples.ts';
import { nameSchema, passwordSchema, sessionSchema, tokensSchema, userSchema } from './user.ts';

const userResponse = z.object({ user: userSchema }).meta({ id: 'UserResponse' });
const opaqueToken = text(1, 200);
/** Hashing a password takes 19 MiB and about 35 ms of a core, so these routes have a lower limit. */
const HASHING_LIMIT = { ratePerSecond: 50, burst: 100 } as const;

const publicKeySchema = z
  .object({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: z.string(),
    y: z.string(),
    kid: z.string(),
    alg: z.literal('ES256'),
    use: z.literal('sig'),
  })
  .meta({ id: 'PublicKey' });

export const authRoutes = defineRoutes({
  signUp: {
    operationId: 'signUp',
    summary: 'Creates an account and mails a link to verify the address.',
    method: 'POST',
    path: '/auth/signup',
    caller: 'public',
    body: z.strictObject({ email: emailSchema, password: passwordSchema, name: nameSchema }),
    example: { ...credentialsExample, name: userExample.name },
    responses: { 201: { description: 'The account.', example: { user: userExample }, body: userResponse } },
    problems: [authProblems.EMAIL_TAKEN],
    limit: HASHING_LIMIT,
  },
  logIn: {
    operationId: 'logIn',
    summary: 'Creates a session. Failed attempts are limited per account and per IP address.',
    method: 'POST',
    path: '/auth/login',
    caller: 'public',
    body: z.strictObject({ email: emailSchema, password: text(1, 128) }),
    example: credentialsExample,
    responses: {
      200: {
        description: 'An access token for ten minutes and a refresh token.',
        example: tokensExample,
        body: tokensSchema,
      },
    },
    problems: [authProblems.INVALID_CREDENTIALS, authProblems.TOO_MANY_ATTEMPTS],
    limit: HASHING_LIMIT,
  },
  refresh: {
    operationId: 'refresh',
    summary: 'Exchanges a refresh token for new tokens. It works once. A second use revokes the session.',
    method: 'POST',
    path: '/auth/refresh',
    caller: 'public',
    body: z.strictObject({ refreshToken: opaqueToken }),
    example: { refreshToken: opaqueTokenExample },
    responses: { 200: { description: 'The new tokens.', example: tokensExample, body: tokensSchema } },
    problems: [authProblems.REFRESH_INVALID, authProblems.REFRESH_REUSED],
    limit: WRITE_LIMIT,
  },
  logOut: {
    operationId: 'logOut',
    summary: 'Revokes the current session. Its access token is rejected from now on.',
    method: 'POST',
    path: '/auth/logout',
    caller: 'user',
    responses: { 204: { description: 'The session is revoked.' } },
    limit: WRITE_LIMIT,
  },
  me: {
    operationId: 'me',
    summary: "The caller's account.",
    method: 'GET',
    path: '/auth/me',
    caller: 'user',
    responses: { 200: { description: 'The account.', example: { user: userExample }, body: userResponse } },
    limit: READ_LIMIT,
  },
  listSessions: {
    operationId: 'listSessions',
    summary: "The caller's open sessions, newest first.",
    method: 'GET',
    path: '/auth/sessions',
    caller: 'user',
    query: pageQuerySchema,
    responses: {
      200: { description: 'A page of sessions.', example: pageExample(sessionExample), body: pageOf(sessionSchema) },
    },
    limit: READ_LIMIT,
  },
  endSession: {
    operationId: 'endSession',
    summary: "Revokes one of the caller's sessions.",
    method: 'DELETE',
    path: '/auth/sessions/{id}',
    caller: 'user',
    params: z.object({ id: uuidSchema }),
    responses: { 204: { description: 'The session is revoked.' } },
    problems: [commonProblems.NOT_FOUND],
    limit: WRITE_LIMIT,
  },
  verifyEmail: {
    operationId: 'verifyEmail',
    summary: 'Verifies an e-mail address with the token mailed to it.',
    method: 'POST',
    path: '/auth/verify-email',
    caller: 'public',
    body: z.strictObject({ token: opaqueToken }),
    example: { token: opaqueTokenExample },
    responses: { 204: { description: 'The address is verified.' } },
    problems: [authProblems.MAIL_TOKEN_INVALID],
    limit: WRITE_LIMIT,
  },
  resendVerification: {
    operationId: 'resendVerification',
    summary: 'Mails a new verification link to the caller.',
    method: 'POST',
    path: '/auth/verify-email/resend',
    caller: 'user',
    responses: { 202: { description: 'The mail is queued, unless the address is already verified.' } },
    limit: HASHING_LIMIT,
  },
  requestPasswordReset: {
    operationId: 'requestPasswordReset',
    summary: 'Mails a link to reset the password. The response does not reveal whether the account exists.',
    method: 'POST',
    path: '/auth/password-reset',
    caller: 'public',
    body: z.strictObject({ email: emailSchema }),
    example: { email: credentialsExample.email },
    responses: { 202: { description: 'The mail is queued if the account exists.' } },
    problems: [authProblems.TOO_MANY_ATTEMPTS],
    limit: HASHING_LIMIT,
  },
  resetPassword: {
    operationId: 'resetPassword',
    summary: 'Sets a new password with the mailed token and revokes all sessions.',
    method: 'POST',
    path: '/auth/password-reset/confirm',
    caller: 'public',
    body: z.strictObject({ token: opaqueToken, newPassword: passwordSchema }),
    example: { token: opaqueTokenExample, newPassword: 'a new correct horse battery' },
    responses: { 204: { description: 'The password is set.' } },
    problems: [authProblems.MAIL_TOKEN_INVALID],
    limit: HASHING_LIMIT,
  },
  jwks: {
    operationId: 'jwks',
    summary: 'The public keys that verify access tokens (RFC 7517).',
    method: 'GET',
    path: '/.well-known/jwks.json',
    caller: 'public',
    responses: {
      200: {
        description: 'The key set.',
        example: { keys: [keyExample] },
        body: z.object({ keys: z.array(publicKeySchema) }).meta({ id: 'KeySet' }),
      },
    },
    limit: READ_LIMIT,
  },
});
