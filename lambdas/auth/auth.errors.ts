import { defineProblems } from '../shared/problem.ts';

export const authProblems = defineProblems({
  EMAIL_TAKEN: { status: 409, title: 'There is an account with this e-mail address.' },
  INVALID_CREDENTIALS: { status: 401, title: 'The e-mail address or the password is wrong.' },
  TOO_MANY_ATTEMPTS: { status: 429, title: 'Too many failed log-ins; wait before the next.' },
  REFRESH_INVALID: { status: 401, title: 'The refresh token is unknown, expired or revoked.' },
  REFRESH_REUSED: { status: 401, title: 'The refresh token was used before; its session has been ended.' },
  MAIL_TOKEN_INVALID: { status: 422, title: 'The link is unknown, expired or was used before.' },
});
