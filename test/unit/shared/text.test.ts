import { describe, expect, test } from '@jest/globals';
import type * as z from 'zod';
import { nameSchema } from '../../../lambdas/auth/user.ts';
import { newProductSchema } from '../../../lambdas/catalog/product.ts';
import { emailSchema, multilineText, nameText, text, withoutUnstorable } from '../../../lambdas/shared/text.ts';

const messagesOf = (schema: z.ZodType, value: unknown) =>
  schema.safeParse(value).error?.issues.map(({ message }) => message) ?? [];
const character = (code: number) => String.fromCodePoint(code);

const NEVER = [
  [0xfffe, 'a noncharacter'],
  [0xffff, 'a noncharacter'],
  [0xfdd0, 'a noncharacter'],
  [0xfdef, 'a noncharacter'],
  [0x1fffe, 'a noncharacter'],
  [0x10ffff, 'a noncharacter'],
  [0xd83d, 'half of a surrogate pair'],
  [0xde00, 'half of a surrogate pair'],
  [0x0000, 'a control character'],
  [0x0007, 'a control character'],
  [0x000b, 'a control character'],
  [0x007f, 'a control character'],
  [0x0085, 'a control character'],
] as const;
const LINE_BREAKS_AND_TABS = [0x09, 0x0a, 0x0d];
const NOT_IN_NAMES = [...[0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069], ...[0x2028, 0x2029]];
const KINDS = { text: text(0, 100), nameText: nameText(0, 100), multilineText: multilineText(0, 100) };

describe.each(Object.entries(KINDS))('%s', (name, schema) => {
  test.each(NEVER)('refuses %d once and says what it is', (code, kind) => {
    const hex = code.toString(16).toUpperCase().padStart(4, '0');
    expect(messagesOf(schema, `a${character(code)}b`)).toEqual([`must not contain U+${hex}, ${kind}`]);
  });

  test('accepts every script, emoji, and the characters that join them', () => {
    for (const value of ['Zoë', '北京', 'שלום', '👩‍👩‍👧', 'ﷺ', 'a\u200Db', '\uFFFD'])
      expect(messagesOf(schema, value)).toEqual([]);
  });

  test(`${name === 'multilineText' ? 'accepts' : 'refuses'} line breaks and tabs`, () => {
    for (const code of LINE_BREAKS_AND_TABS)
      expect(schema.safeParse(`a${character(code)}b`).success).toBe(name === 'multilineText');
  });

  test(`${name === 'nameText' ? 'refuses' : 'accepts'} what changes the direction or the line of a name`, () => {
    for (const code of NOT_IN_NAMES) expect(schema.safeParse(`a${character(code)}b`).success).toBe(name !== 'nameText');
  });
});

test('a name is not blank and has no link', () => {
  expect(messagesOf(nameSchema, ' \u00a0')).toEqual(['must not be blank']);
  expect(messagesOf(nameSchema, 'http://x')).toEqual(['must not contain a link']);
});

test('a product has a name of one line and a description of several', () => {
  const product = { sku: 'A', description: '', price: { amountMinor: 1, currency: 'EUR' }, onHand: 0 };
  const issues = (change: object) =>
    newProductSchema.safeParse({ ...product, name: 'A', ...change }).error?.issues.map(({ path }) => path.join('.'));
  expect(issues({ description: 'one\ntwo\tthree' })).toBeUndefined();
  expect(issues({ name: 'one\ntwo', description: '\u0001' })).toEqual(['name', 'description']);
  expect(issues({ name: 'abc\u202Egpj.exe' })).toEqual(['name']);
});

test('a header keeps what can be stored', () => {
  expect(withoutUnstorable('Mozilla\u0000 \u0085 \ud83d 😀')).toBe('Mozilla\uFFFD \uFFFD \uFFFD 😀');
});

describe('an e-mail address', () => {
  test.each([
    'ann@example.com',
    'x@xn--h1alffa9f.xn--p1ai',
    'ann&bob@example.com',
    'to/ann@example.com',
    'ann#1@example.co.uk',
    'ann+shop@example.com',
    "o'brien_{x}@a-b.example",
    `${'a'.repeat(64)}@example.com`,
  ])('%s is one', (email) => {
    expect(emailSchema.parse(email)).toBe(email);
  });

  test.each([
    'ann@example',
    'ann@@example.com',
    '.ann@example.com',
    'ann..b@example.com',
    'ann b@example.com',
    'ann@-a.example',
    'ann@192.0.2.1',
    'ann@example.c',
    'ann@example.com\r\nBcc: bob@example.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.${'e'.repeat(63)}.com`,
  ])('%j is none', (email) => {
    expect(emailSchema.safeParse(email).success).toBe(false);
  });

  test('loses the blanks around it', () => {
    expect(emailSchema.parse(' \tann@example.com\n')).toBe('ann@example.com');
  });
});
