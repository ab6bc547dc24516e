import { EXAMPLE } from '../shared/examples.ts';
import type { Session, Tokens, User } from './user.ts';

export const credentialsExample = { email: 'ann@example.com', password: 'correct horse battery' };

/** A token of a mail and a refresh token look alike. */
export const opaqueTokenExample = 'q0Xl7cJk2vN5sT8wYb1dFgHjLmPrZuAe';

export const userExample: User = {
  id: EXAMPLE.userId,
  email: credentialsExample.email,
  name: 'Ann',
  role: 'customer',
  emailVerified: false,
  createdAt: EXAMPLE.createdAt,
};

export const tokensExample: Tokens = {
  accessToken: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIwMTk4OGExYyJ9.c2lnbmF0dXJl',
  tokenType: 'Bearer',
  expiresIn: 600,
  refreshToken: opaqueTokenExample,
};

export const sessionExample: Session = {
  id: EXAMPLE.sessionId,
  userAgent: 'Mozilla/5.0',
  address: '203.0.113.7',
  current: true,
  createdAt: EXAMPLE.createdAt,
  lastUsedAt: EXAMPLE.updatedAt,
  expiresAt: '2026-04-01T09:30:00.000Z',
};

export const keyExample = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  kid: '2026-03',
  alg: 'ES256',
  use: 'sig',
} as const;
