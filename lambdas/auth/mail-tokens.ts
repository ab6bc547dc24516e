import type { CacheClient } from '../cache/cache.client.ts';
import type { Database } from '../database/database.client.ts';
import { appendEvent, newEvent } from '../queue/outbox.ts';
import type { PublishCommitted } from '../queue/publisher.ts';
import { Problem } from '../shared/problem.ts';
import { hashSecretToken } from '../shared/secret-tokens.ts';
import { authProblems } from './auth.errors.ts';
import { userEvents } from './auth.events.ts';
import {
  findUser,
  findUserByEmail,
  insertMailToken,
  markEmailVerified,
  revokeSessions,
  setPassword,
  useMailToken,
} from './auth.repository.ts';
import { hashPassword } from './passwords.ts';
import { markRevoked } from './revocation.ts';
import { RESET_PASSWORD_HOURS, VERIFY_EMAIL_HOURS } from './user.ts';

/** Mails a new verification link, unless the address is already verified. */
export async function resendVerification(database: Database, publish: PublishCommitted, userId: string): Promise<void> {
  const event = await database.transaction(async (tx) => {
    const user = await findUser(tx, userId);
    if (!user || user.email_verified_at) return undefined;
    const mailTokenId = await insertMailToken(tx, userId, 'verify_email', VERIFY_EMAIL_HOURS);
    return appendEvent(
      tx,
      newEvent(userEvents, 'user.verification_requested', mailTokenId, 1, { userId, mailTokenId }),
    );
  });
  if (event) await publish([event]);
}

/** Mails a reset link if the account exists. The caller cannot tell whether it does. */
export async function requestPasswordReset(
  database: Database,
  publish: PublishCommitted,
  email: string,
): Promise<void> {
  const event = await database.transaction(async (tx) => {
    const user = await findUserByEmail(tx, email);
    if (!user) return undefined;
    const mailTokenId = await insertMailToken(tx, user.id, 'reset_password', RESET_PASSWORD_HOURS);
    return appendEvent(
      tx,
      newEvent(userEvents, 'user.password_reset_requested', mailTokenId, 1, { userId: user.id, mailTokenId }),
    );
  });
  if (event) await publish([event]);
}

const invalidToken = () =>
  new Problem(authProblems.MAIL_TOKEN_INVALID, {
    fields: [{ field: 'token', message: 'is unknown, expired or already used' }],
  });

/** @throws Problem MAIL_TOKEN_INVALID */
export async function verifyEmail(database: Database, token: string): Promise<void> {
  await database.transaction(async (tx) => {
    const userId = await useMailToken(tx, 'verify_email', hashSecretToken(token));
    if (!userId) throw invalidToken();
    await markEmailVerified(tx, userId);
  });
}

/** Sets a new password and revokes all sessions: the old password may be known. @throws Problem MAIL_TOKEN_INVALID */
export async function resetPassword(
  database: Database,
  cache: CacheClient,
  token: string,
  newPassword: string,
): Promise<void> {
  const passwordHash = await hashPassword(newPassword);
  const ended = await database.transaction(async (tx) => {
    const userId = await useMailToken(tx, 'reset_password', hashSecretToken(token));
    if (!userId) throw invalidToken();
    await setPassword(tx, userId, passwordHash);
    await markEmailVerified(tx, userId);
    return revokeSessions(tx, userId);
  });
  await markRevoked(cache, ended);
}
