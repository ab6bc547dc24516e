import * as z from 'zod';

/** PostgreSQL text cannot hold NUL, so no text that we take may. */
const NO_NUL = new RegExp(`^[^${'\\u0000'}]*$`);

/** Free text from a caller, `least` to `most` characters. */
export const text = (least: number, most: number) =>
  z.string().min(least).max(most).regex(NO_NUL, 'must not contain the NUL character');

/** RFC 5321, 4.5.3.1: 64 characters before the @, labels of 63 behind it, 254 in all. */
const EMAIL =
  /^[A-Za-z0-9_'+-]+(?:\.[A-Za-z0-9_'+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/;
const LOCAL_PART = /^[^@]{1,64}@/;

/** An e-mail address; one address is one account whatever its case. */
export const emailSchema = z
  .email({ pattern: EMAIL })
  .max(254)
  .regex(LOCAL_PART, 'has more than 64 characters before the @');

/** In lower case, as the database writes it: one thing has one name, also in the cache. */
export const uuidSchema = z.uuid().toLowerCase();

/** An instant on the wire: ISO 8601 in UTC. */
export const timestampSchema = z.iso.datetime();
