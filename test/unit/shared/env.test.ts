import { expect, test } from '@jest/globals';
import * as z from 'zod';
import { readEnv, wholeNumber } from '../../../lambdas/shared/env.ts';

const shape = { HOST: z.string().min(1), PORT: wholeNumber(1, 65_535) };

test('variables are parsed to their types', () => {
  expect(readEnv(shape, { HOST: 'localhost', PORT: '5432' })).toEqual({ HOST: 'localhost', PORT: 5432 });
});

test('the error names every missing and malformed variable and shows no value', () => {
  const read = () => readEnv(shape, { PORT: 'secret-in-the-wrong-place' });
  expect(read).toThrow(/HOST is missing; PORT is malformed/);
  expect(read).not.toThrow(/secret/);
});
