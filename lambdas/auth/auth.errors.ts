import { defineProblems } from '../shared/problem.ts';

export const authProblems = defineProblems({
  EMAIL_TAKEN: { status: 409, title: 'An account with this e-mail address already exists.' },
  INVALID_CREDENTIALS: { status: 401, title: 'The e-mail address or the password is wrong.' },
  TOO_MANY_ATTEMPTS: { status: 429, title: 'Too many attempts. Try again later.' },
  REFRESH_INVALID: { status: 401, title: 'The refresh token is unknown, expired or revoked.' },
  REFRESH_REUSED: { status: 401, title: 'The refresh token was already used. Its session is revoked.' },
  MAIL_TOKEN_INVALID: { status: 422, title: 'The link is unknown, expired or already used.' },
});
