import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeCursor, encodeCursor, toPage } from '../../../lambdas/shared/cursor.ts';
import { uuidv7 } from '../../../lambdas/shared/ids.ts';

describe('cursors', () => {
  test('decode to the id that was encoded', () => {
    fc.assert(fc.property(fc.uuid(), (id) => expect(decodeCursor(encodeCursor(id))).toBe(id)));
  });

  test('are rejected if they are malformed, and the error names the parameter', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        expect(() => decodeCursor(text)).toThrow(
          expect.objectContaining({
            details: expect.objectContaining({ fields: [expect.objectContaining({ field: 'query.cursor' })] }),
          }),
        );
      }),
    );
  });

  test('are returned with a page only if a next page exists', () => {
    const rows = [1, 2, 3].map(() => ({ id: crypto.randomUUID() }));
    expect(toPage(rows, 3, (row) => row).nextCursor).toBeNull();
    const page = toPage(rows, 2, (row) => row);
    expect(page.items).toEqual(rows.slice(0, 2));
    expect(decodeCursor(page.nextCursor ?? undefined)).toBe(rows[1]?.id);
  });
});

describe('ids', () => {
  test('sort by creation time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 47 }), fc.integer({ min: 1, max: 2 ** 40 }), (at, later) => {
        expect(uuidv7(new Date(at)) < uuidv7(new Date(at + later))).toBe(true);
      }),
    );
  });

  test('are version 7 UUIDs', () => {
    expect(uuidv7(new Date())).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
