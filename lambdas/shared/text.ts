import * as z from 'zod';

/**
 * Characters that some channel cannot carry: PostgreSQL has no NUL, SQS refuses noncharacters and most control
 * characters, and UTF-8 has no unpaired surrogates. Those classes are portable to other regular expression engines,
 * since the OpenAPI document has them as patterns.
 */
const NONCHARACTERS = '\\uFDD0-\\uFDEF\\uFFFE\\uFFFF';
const CONTROLS = `\\u0000-\\u001F\\u007F-\\u009F${NONCHARACTERS}`;
const CONTROLS_BUT_TABS_AND_LINE_BREAKS = `\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F-\\u009F${NONCHARACTERS}`;
/** In a name, these hide or reverse what is printed after it, or start a new line. */
const DIRECTIONS_AND_SEPARATORS = '\\u2028\\u2029\\u202A-\\u202E\\u2066-\\u2069';
/** The noncharacters of every plane, and surrogates without their pair. Not every engine knows these classes. */
const NEVER = /[\p{Noncharacter_Code_Point}\p{Surrogate}]/u;

const KINDS: [RegExp, string][] = [
  [/\p{Surrogate}/u, 'half of a surrogate pair'],
  [/\p{Noncharacter_Code_Point}/u, 'a noncharacter'],
  [/[\u202A-\u202E\u2066-\u2069]/, 'a bidirectional control'],
  [/[\u2028\u2029]/, 'a line or paragraph separator'],
  [/\p{Control}/u, 'a control character'],
];

/** @returns for example `must not contain U+202E, a bidirectional control` */
function refusal(value: unknown, refused: RegExp): string {
  const [character = ''] = refused.exec(String(value)) ?? [];
  const code = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  return `must not contain U+${code}, ${KINDS.find(([kind]) => kind.test(character))?.[1]}`;
}

function textWithout(refused: string, min: number, max: number) {
  const first = new RegExp(`[${refused}]`);
  return z
    .string()
    .min(min)
    .max(max)
    .regex(new RegExp(`^[^${refused}]*$`), { error: ({ input }) => refusal(input, first) })
    .refine((value) => first.test(value) || !NEVER.test(value), { error: ({ input }) => refusal(input, NEVER) });
}

/** One line of text that nobody prints, such as a password or a token: `min` to `max` characters. */
export const text = (min: number, max: number) => textWithout(CONTROLS, min, max);

/** One line of text that is shown beside other text, such as a name or a title. It is not blank. */
export const nameText = (min: number, max: number) =>
  textWithout(CONTROLS + DIRECTIONS_AND_SEPARATORS, min, max).regex(/\S/, 'must not be blank');

/** Text of several lines, such as a description. */
export const multilineText = (min: number, max: number) => textWithout(CONTROLS_BUT_TABS_AND_LINE_BREAKS, min, max);

const UNSTORABLE = new RegExp(`[${CONTROLS}]|${NEVER.source}`, 'gu');

/** Replaces what `text` refuses, for a header that a caller does not write by hand. */
export const withoutUnstorable = (value: string) => value.replace(UNSTORABLE, '\uFFFD');

/** RFC 5321, 4.5.3.1: 64 characters before the @, labels of 63 after it, 254 in total. */
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
/** The last label may be that of an internationalized domain, such as `xn--p1ai`. It is never a number. */
const TOP_LABEL = '[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])';
const EMAIL = new RegExp(`^${ATOM}(?:\\.${ATOM})*@(?:${LABEL}\\.)+${TOP_LABEL}$`);
const LOCAL_PART = /^[^@]{1,64}@/;

/** An e-mail address, without the blanks around it. Addresses that differ only in case belong to the same account. */
export const emailSchema = z
  .string()
  .trim()
  .max(254)
  .regex(EMAIL, 'must be an e-mail address, such as ann@example.com')
  .regex(LOCAL_PART, 'must have 1 to 64 characters before the @');

/** In lower case, as PostgreSQL prints it, so that an id has only one cache key. */
export const uuidSchema = z.uuid().toLowerCase();

/** A timestamp in the API: ISO 8601 in UTC. */
export const timestampSchema = z.iso.datetime();
