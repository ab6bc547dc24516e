import * as z from 'zod';
import { nameText, text, timestampSchema, uuidSchema } from '../shared/text.ts';

export const userSchema = z
  .object({
    id: uuidSchema,
    email: z.string(),
    name: z.string(),
    role: z.enum(['customer', 'admin']),
    emailVerified: z.boolean(),
    createdAt: timestampSchema,
  })
  .meta({ id: 'User' });
export type User = z.output<typeof userSchema>;

/** Length makes a password strong. The upper bound limits the cost of hashing (NIST SP 800-63B, 5.1.1.2). */
export const passwordSchema = text(10, 128);
/** Mails contain the name, so it may contain neither line breaks nor links. */
export const nameSchema = nameText(1, 100).regex(/^(?!.*:\/\/)/, 'must not contain a link');

export const sessionSchema = z
  .object({
    id: uuidSchema,
    userAgent: z.string(),
    address: z.string(),
    current: z.boolean(),
    createdAt: timestampSchema,
    lastUsedAt: timestampSchema,
    expiresAt: timestampSchema,
  })
  .meta({ id: 'Session' });
export type Session = z.output<typeof sessionSchema>;

/** The response to a login or a refresh. `expiresIn` is in seconds, as in RFC 6749. */
export const tokensSchema = z
  .object({
    accessToken: z.string(),
    tokenType: z.literal('Bearer'),
    expiresIn: z.int(),
    refreshToken: z.string(),
  })
  .meta({ id: 'Tokens' });
export type Tokens = z.output<typeof tokensSchema>;

export const ACCESS_TOKEN_SECONDS = 600;
/** The longest that an access token of a revoked session is valid, plus a minute for clock skew. */
export const REVOCATION_TTL_SECONDS = ACCESS_TOKEN_SECONDS + 60;
export const SESSION_DAYS = 30;
export const VERIFY_EMAIL_HOURS = 48;
export const RESET_PASSWORD_HOURS = 1;
