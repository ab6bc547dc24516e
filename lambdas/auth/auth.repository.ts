import { sql } from 'kysely';
import type { Sql } from '../database/database.client.ts';
import { invariant } from '../shared/invariant.ts';
import { REVOCATION_TTL_SECONDS, type Session, type User } from './user.ts';

export interface UserRow {
  id: string;
  email: string;
  name: string;
  role: 'customer' | 'admin';
  password_hash: string;
  email_verified_at: Date | null;
  version: number;
  created_at: Date;
}

const USER = sql.raw('id, email, name, role, password_hash, email_verified_at, version, created_at');

export const toUser = (row: UserRow): User => ({
  id: row.id,
  email: row.email,
  name: row.name,
  role: row.role,
  emailVerified: row.email_verified_at !== null,
  createdAt: row.created_at.toISOString(),
});

/** @returns undefined when an account with this address exists; the comparison ignores case */
export async function insertUser(
  tx: Sql,
  email: string,
  name: string,
  passwordHash: string,
): Promise<UserRow | undefined> {
  const { rows } = await sql<UserRow>`
    INSERT INTO auth.users (email, name, password_hash) VALUES (${email}, ${name}, ${passwordHash})
    ON CONFLICT (email_key) DO NOTHING RETURNING ${USER}`.execute(tx);
  return rows[0];
}

export async function findUserByEmail(db: Sql, email: string): Promise<UserRow | undefined> {
  const { rows } = await sql<UserRow>`SELECT ${USER} FROM auth.users WHERE email_key = lower(${email})`.execute(db);
  return rows[0];
}

export async function findUser(db: Sql, id: string): Promise<UserRow | undefined> {
  const { rows } = await sql<UserRow>`SELECT ${USER} FROM auth.users WHERE id = ${id}`.execute(db);
  return rows[0];
}

/** @returns undefined when no account has this address, or the address is not verified */
export async function promoteUser(db: Sql, email: string): Promise<UserRow | undefined> {
  const { rows } = await sql<UserRow>`
    UPDATE auth.users SET role = 'admin', version = version + 1
    WHERE email_key = lower(${email}) AND email_verified_at IS NOT NULL RETURNING ${USER}`.execute(db);
  return rows[0];
}

export interface NewSession {
  userId: string;
  userAgent: string;
  address: string;
  expiresAt: Date;
  refreshTokenHash: Buffer;
  /** The hash that the password was verified against. */
  passwordHash: string;
}

/**
 * Creates a session with its first refresh token, in one round trip.
 * @returns undefined when the password has changed since it was verified
 */
export async function insertSession(db: Sql, session: NewSession): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    WITH session AS (
      INSERT INTO auth.sessions (user_id, user_agent, address, expires_at)
      SELECT id, ${session.userAgent}, ${session.address}, ${session.expiresAt} FROM auth.users
      WHERE id = ${session.userId} AND password_hash = ${session.passwordHash} FOR SHARE RETURNING id
    ), token AS (
      INSERT INTO auth.refresh_tokens (token_hash, session_id) SELECT ${session.refreshTokenHash}, id FROM session
    )
    SELECT id FROM session`.execute(db);
  return rows[0]?.id;
}

/** Locks the rows of a refresh token and its session, so that concurrent uses of one token run one after the other. */
export async function lockRefreshToken(tx: Sql, tokenHash: Buffer) {
  const { rows } = await sql<{
    session_id: string;
    user_id: string;
    role: UserRow['role'];
    used: boolean;
    live: boolean;
  }>`
    SELECT t.session_id, s.user_id, u.role, t.used_at IS NOT NULL AS used,
           s.revoked_at IS NULL AND s.expires_at > now() AS live
    FROM auth.refresh_tokens t JOIN auth.sessions s ON s.id = t.session_id JOIN auth.users u ON u.id = s.user_id
    WHERE t.token_hash = ${tokenHash} FOR UPDATE OF t, s`.execute(tx);
  return rows[0];
}

/** Replaces a refresh token. Two statements: a single one could violate the unique index on unused tokens. */
export async function rotateRefreshToken(tx: Sql, sessionId: string, used: Buffer, next: Buffer): Promise<void> {
  const { numAffectedRows } = await sql`
    UPDATE auth.refresh_tokens SET used_at = now() WHERE token_hash = ${used} AND used_at IS NULL`.execute(tx);
  invariant(numAffectedRows === 1n, 'a refresh token is used once', { sessionId });
  await sql`
    WITH token AS (INSERT INTO auth.refresh_tokens (token_hash, session_id) VALUES (${next}, ${sessionId}))
    UPDATE auth.sessions SET last_used_at = now() WHERE id = ${sessionId}`.execute(tx);
}

/**
 * Revokes one session of a user, or all. A session that was revoked in the last minutes counts again, since the call may be the retry of
 * one that died before it told the cache.
 * @returns the ids of these sessions
 */
export async function revokeSessions(db: Sql, userId: string, sessionId?: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    UPDATE auth.sessions SET revoked_at = coalesce(revoked_at, now())
    WHERE user_id = ${userId} AND (${sessionId ?? null}::uuid IS NULL OR id = ${sessionId ?? null})
      AND (revoked_at IS NULL OR revoked_at > now() - make_interval(secs => ${REVOCATION_TTL_SECONDS}))
    RETURNING id`.execute(db);
  return rows.map((row) => row.id);
}

export interface SessionRow {
  id: string;
  user_agent: string;
  address: string;
  created_at: Date;
  last_used_at: Date;
  expires_at: Date;
}

export async function listOpenSessions(db: Sql, userId: string, after: string | undefined, limit: number) {
  const { rows } = await sql<SessionRow>`
    SELECT id, user_agent, address, created_at, last_used_at, expires_at FROM auth.sessions
    WHERE user_id = ${userId} AND revoked_at IS NULL AND expires_at > now() AND (${after ?? null}::uuid IS NULL OR id < ${after ?? null})
    ORDER BY id DESC LIMIT ${limit + 1}`.execute(db);
  return rows;
}

export const toSession = (row: SessionRow, currentId: string): Session => ({
  id: row.id,
  userAgent: row.user_agent,
  address: row.address,
  current: row.id === currentId,
  createdAt: row.created_at.toISOString(),
  lastUsedAt: row.last_used_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
});

export type MailTokenPurpose = 'verify_email' | 'reset_password';

/** Requests a mailed token; the e-mail worker attaches its hash. Invalidates earlier tokens of the same purpose. */
export async function insertMailToken(
  tx: Sql,
  userId: string,
  purpose: MailTokenPurpose,
  hours: number,
): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    WITH superseded AS (
      UPDATE auth.mail_tokens SET used_at = now() WHERE user_id = ${userId} AND purpose = ${purpose} AND used_at IS NULL
    )
    INSERT INTO auth.mail_tokens (user_id, purpose, expires_at)
    VALUES (${userId}, ${purpose}, now() + make_interval(hours => ${hours})) RETURNING id`.execute(tx);
  return (rows[0] as { id: string }).id;
}

/** Marks a mailed token as used. @returns the user's id, or undefined when it is unknown, expired or already used */
export async function useMailToken(tx: Sql, purpose: MailTokenPurpose, tokenHash: Buffer): Promise<string | undefined> {
  const { rows } = await sql<{ user_id: string }>`
    UPDATE auth.mail_tokens SET used_at = now()
    WHERE token_hash = ${tokenHash} AND purpose = ${purpose} AND used_at IS NULL AND expires_at > now()
    RETURNING user_id`.execute(tx);
  return rows[0]?.user_id;
}

export async function markEmailVerified(tx: Sql, userId: string): Promise<void> {
  await sql`UPDATE auth.users SET email_verified_at = coalesce(email_verified_at, now()) WHERE id = ${userId}`.execute(
    tx,
  );
}

export async function setPassword(tx: Sql, userId: string, passwordHash: string): Promise<void> {
  await sql`UPDATE auth.users SET password_hash = ${passwordHash} WHERE id = ${userId}`.execute(tx);
}
