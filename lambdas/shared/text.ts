import * as z from 'zod';

/** PostgreSQL text cannot hold NUL, so no text that we take may. */
const NO_NUL = new RegExp(`^[^${'\\u0000'}]*$`);

/** Free text from a caller, `least` to `most` characters. */
export const text = (least: number, most: number) =>
  z.string().min(least).max(most).regex(NO_NUL, 'must not contain the NUL character');

/** An e-mail address; one address is one account whatever its case. */
export const emailSchema = z.email().max(254);

export const uuidSchema = z.uuid();

/** An instant on the wire: ISO 8601 in UTC. */
export const timestampSchema = z.iso.datetime();
