import * as z from 'zod';

/** PostgreSQL text cannot contain NUL, so the API rejects it. */
const NO_NUL = new RegExp(`^[^${'\\u0000'}]*$`);

/** Free text from a caller, `min` to `max` characters. */
export const text = (min: number, max: number) =>
  z.string().min(min).max(max).regex(NO_NUL, 'must not contain the NUL character');

/** RFC 5321, 4.5.3.1: 64 characters before the @, labels of 63 after it, 254 in total. */
const EMAIL =
  /^[A-Za-z0-9_'+-]+(?:\.[A-Za-z0-9_'+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/;
const LOCAL_PART = /^[^@]{1,64}@/;

/** An e-mail address. Addresses that differ only in case belong to the same account. */
export const emailSchema = z
  .email({ pattern: EMAIL })
  .max(254)
  .regex(LOCAL_PART, 'has more than 64 characters before the @');

/** In lower case, as PostgreSQL prints it, so that an id has only one cache key. */
export const uuidSchema = z.uuid().toLowerCase();

/** A timestamp in the API: ISO 8601 in UTC. */
export const timestampSchema = z.iso.datetime();
