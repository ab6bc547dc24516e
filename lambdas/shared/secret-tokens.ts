import { createHash, randomBytes } from 'node:crypto';

/** Generates a random secret of 256 bits for a caller. We store only its hash. */
export const generateSecretToken = (): string => randomBytes(32).toString('base64url');

/** A plain hash is enough, because 256 random bits cannot be guessed. */
export const hashSecretToken = (token: string): Buffer => createHash('sha256').update(token).digest();
