import * as z from 'zod';
import { commonProblems, Problem } from './problem.ts';
import { text } from './text.ts';

export const DEFAULT_PAGE_SIZE = 20;
export const MAX_PAGE_SIZE = 100;

/** Query parameters of every list. */
export const pageQuerySchema = z.object({
  limit: z.int().min(1).max(MAX_PAGE_SIZE).default(DEFAULT_PAGE_SIZE),
  cursor: text(1, 200).optional(),
});

export type PageQuery = z.output<typeof pageQuerySchema>;

/** The response of a list. `nextCursor` is null on the last page. A page of `Order` is named `OrderPage`. */
export function pageOf<T extends z.ZodType>(item: T) {
  const page = z.object({ items: z.array(item), nextCursor: z.string().nullable() });
  const id = item.meta()?.id;
  return id ? page.meta({ id: `${id}Page` }) : page;
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

const keySchema = z.tuple([z.uuid()]);

/** Ids are UUIDv7 and sort by creation time, so keyset pagination needs only one id. */
export function encodeCursor(lastId: string): string {
  return Buffer.from(JSON.stringify([lastId])).toString('base64url');
}

/** @throws Problem VALIDATION_FAILED naming `query.cursor` for a value that is not a cursor of this API */
export function decodeCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  try {
    return keySchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))[0];
  } catch (cause) {
    const fields = [{ field: 'query.cursor', message: 'is not a valid cursor' }];
    throw new Problem(commonProblems.VALIDATION_FAILED, { fields, cause });
  }
}

/** Turns the `limit + 1` rows that were read into a page and its next cursor. */
export function toPage<R extends { id: string }, T>(rows: R[], limit: number, map: (row: R) => T): Page<T> {
  const pageRows = rows.slice(0, limit);
  const last = pageRows.at(-1);
  return { items: pageRows.map(map), nextCursor: rows.length > limit && last ? encodeCursor(last.id) : null };
}
