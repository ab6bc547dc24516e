import { createHash, randomBytes } from 'node:crypto';

/** A random secret of 256 bits for a caller to keep; we keep its hash only. */
export const generateSecretToken = (): string => randomBytes(32).toString('base64url');

/** A plain hash is enough for 256 random bits: there is nothing to guess. */
export const hashSecretToken = (token: string): Buffer => createHash('sha256').update(token).digest();
