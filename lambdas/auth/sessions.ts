import type { CacheClient } from '../cache/cache.client.ts';
import type { Database } from '../database/database.client.ts';
import { type Clock, DAY_MS } from '../shared/clock.ts';
import type { Principal } from '../shared/contract.ts';
import { commonProblems, Problem } from '../shared/problem.ts';
import { generateSecretToken, hashSecretToken } from '../shared/secret-tokens.ts';
import { signAccessToken, type TokenSigner } from './access-token.ts';
import { authProblems } from './auth.errors.ts';
import {
  findUserByEmail,
  insertSession,
  lockRefreshToken,
  revokeSessions,
  rotateRefreshToken,
} from './auth.repository.ts';
import type { LoginLimits } from './login-limits.ts';
import { DUMMY_HASH, verifyPassword } from './passwords.ts';
import { markRevoked } from './revocation.ts';
import { ACCESS_TOKEN_SECONDS, SESSION_DAYS, type Tokens } from './user.ts';

export interface SessionDependencies {
  database: Database;
  cache: CacheClient;
  signer: TokenSigner;
  issuer: string;
  clock: Clock;
}

export interface LogInInput {
  email: string;
  password: string;
  address: string;
  userAgent: string;
}

/** @throws Problem TOO_MANY_ATTEMPTS, or INVALID_CREDENTIALS, which does not reveal whether the account exists */
export async function logIn(deps: SessionDependencies, limits: LoginLimits, input: LogInInput): Promise<Tokens> {
  await limits.check(input.email, input.address);
  const user = await deps.database.write((db) => findUserByEmail(db, input.email));
  const passwordMatches = await verifyPassword(input.password, user?.password_hash ?? DUMMY_HASH);
  if (!user || !passwordMatches) throw new Problem(authProblems.INVALID_CREDENTIALS);
  await limits.recordSuccess(input.email, input.address);
  const refreshToken = generateSecretToken();
  const expiresAt = new Date(deps.clock().getTime() + SESSION_DAYS * DAY_MS);
  const session = { userId: user.id, userAgent: input.userAgent, address: input.address, expiresAt };
  const sessionId = await deps.database.write((db) =>
    insertSession(db, {
      ...session,
      refreshTokenHash: hashSecretToken(refreshToken),
      passwordHash: user.password_hash,
    }),
  );
  if (!sessionId) throw new Problem(authProblems.INVALID_CREDENTIALS);
  return issue(deps, { userId: user.id, sessionId, role: user.role }, refreshToken);
}

/**
 * Exchanges a refresh token for new tokens.
 * @throws Problem REFRESH_REUSED for a token that was already used. Its session is revoked, because one of the two
 *   callers is not the owner. REFRESH_INVALID for a token that is unknown, expired or revoked.
 */
export async function refreshSession(deps: SessionDependencies, refreshToken: string): Promise<Tokens> {
  const used = hashSecretToken(refreshToken);
  const next = generateSecretToken();
  const found = await deps.database.transaction(async (tx) => {
    const token = await lockRefreshToken(tx, used);
    if (!token) return undefined;
    if (token.used) await revokeSessions(tx, token.user_id, token.session_id);
    else if (token.live) await rotateRefreshToken(tx, token.session_id, used, hashSecretToken(next));
    return token;
  });
  if (found?.used) {
    await markRevoked(deps.cache, [found.session_id]);
    throw new Problem(authProblems.REFRESH_REUSED);
  }
  if (!found?.live) throw new Problem(authProblems.REFRESH_INVALID);
  return issue(deps, { userId: found.user_id, sessionId: found.session_id, role: found.role }, next);
}

/** Revokes the caller's current session or another of theirs. @throws Problem NOT_FOUND for one that is not open */
export async function endSession(deps: SessionDependencies, principal: Principal, sessionId: string): Promise<void> {
  const ended = await deps.database.write((db) => revokeSessions(db, principal.userId, sessionId));
  const isOwn = sessionId === principal.sessionId;
  await markRevoked(deps.cache, isOwn ? [sessionId] : ended);
  if (ended.length === 0 && !isOwn) throw new Problem(commonProblems.NOT_FOUND);
}

async function issue(deps: SessionDependencies, principal: Principal, refreshToken: string): Promise<Tokens> {
  const accessToken = await signAccessToken(deps.signer, deps.issuer, principal, deps.clock());
  return { accessToken, tokenType: 'Bearer', expiresIn: ACCESS_TOKEN_SECONDS, refreshToken };
}
