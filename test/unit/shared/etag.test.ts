import { describe, expect, test } from '@jest/globals';
import { versionsOf } from '../../../lambdas/catalog/change-products.ts';
import { etagOf, isUnchanged, parseEntityTags } from '../../../lambdas/shared/etag.ts';

test.each([
  ['*', '*'],
  [' * ', '*'],
  ['"3"', ['3']],
  ['W/"3"', ['3']],
  ['3', ['3']],
  ['"1", "2-ab", W/"3"', ['1', '2-ab', '3']],
  ['"a,b","c"', ['a,b', 'c']],
  ['', []],
])('%j names the tags %j', (header, tags) => {
  expect(parseEntityTags(header)).toEqual(tags);
});

describe('an entity tag', () => {
  const etag = etagOf(3, { version: 3, available: 7 });

  test('starts with the version and changes with the stock', () => {
    expect(etag).toMatch(/^"3-[\w-]{12}"$/);
    expect(etagOf(3, { version: 3, available: 6 })).not.toBe(etag);
    expect(etagOf(3, { version: 3, available: 7 })).toBe(etag);
  });

  test('is unchanged for a caller that names it, alone, weak or in a list', () => {
    for (const header of [etag, `W/${etag}`, `"1", ${etag}`, '*']) expect(isUnchanged(header, etag)).toBe(true);
    for (const header of [undefined, '', '"3"', '"4-abc"']) expect(isUnchanged(header, etag)).toBe(false);
  });

  test('is accepted by If-Match as its version', () => {
    expect(versionsOf(etag)).toEqual([3]);
    expect(versionsOf(`"1", ${etag}, "other"`)).toEqual([1, 3]);
    expect(versionsOf('*')).toBe('*');
    expect(() => versionsOf('"other"')).toThrow('STALE_VERSION');
    expect(() => versionsOf('"12345678901"')).toThrow('STALE_VERSION');
    expect(() => versionsOf(undefined)).toThrow('IF_MATCH_REQUIRED');
  });
});
