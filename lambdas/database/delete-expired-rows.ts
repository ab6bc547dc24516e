import { sql } from 'kysely';
import type { Database } from './database.client.ts';

/** The schemas that keep things for a time only; what is old is said by each one's `delete_expired_rows`. */
const SCHEMAS = ['auth', 'orders', 'payments', 'email'] as const;
/** Rows of a table in one statement: small enough that nobody waits for its locks. */
const BATCH_ROWS = 1_000;
/** A run ends before the function's timeout; what is left is for the next. */
const MAX_BATCHES = 200;

export type DeletedRows = Record<(typeof SCHEMAS)[number], number>;

/**
 * Deletes what has served its time. Safe to run twice and in parallel.
 * @returns how many rows went, a schema
 * @throws the first failure, after the other schemas had their turn
 */
export async function deleteExpiredRows(database: Database): Promise<DeletedRows> {
  const deleted: DeletedRows = { auth: 0, orders: 0, payments: 0, email: 0 };
  const failures: unknown[] = [];
  for (const schema of SCHEMAS) {
    const taken = await deleteFrom(database, schema).catch((error) => void failures.push(error));
    deleted[schema] = taken ?? 0;
  }
  if (failures.length > 0) throw failures[0];
  return deleted;
}

async function deleteFrom(database: Database, schema: string): Promise<number> {
  let deleted = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const { rows } = await database.write((db) =>
      sql<{ n: number }>`SELECT ${sql.id(schema, 'delete_expired_rows')}(${BATCH_ROWS}) AS n`.execute(db),
    );
    const taken = rows[0]?.n ?? 0;
    deleted += taken;
    if (taken < BATCH_ROWS) break;
  }
  return deleted;
}
