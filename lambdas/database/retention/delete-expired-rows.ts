import { sql } from 'kysely';
import type { Database } from '../database.client.ts';

/** Rows of a table per statement. Few enough that no request waits long for their locks. */
const BATCH_ROWS = 1_000;
/** Limits a run, so that it ends before the function's timeout. The next run continues. */
const MAX_BATCHES = 200;

/** Deleted rows by schema. */
export type DeletedRows = Record<string, number>;

/**
 * Deletes rows past their retention period. Each schema with such rows defines what is expired in its own function
 * `delete_expired_rows(most integer)`, which this job's role may execute. Safe to run twice and in parallel.
 * @throws the first error, after all other schemas were processed
 */
export async function deleteExpiredRows(database: Database): Promise<DeletedRows> {
  const deleted: DeletedRows = {};
  const failures: unknown[] = [];
  for (const schema of await schemasWithRetention(database))
    deleted[schema] = await deleteFrom(database, schema).catch((error) => {
      failures.push(error);
      return 0;
    });
  if (failures.length > 0) throw failures[0];
  return deleted;
}

async function schemasWithRetention(database: Database): Promise<string[]> {
  const { rows } = await database.write((db) =>
    sql<{ schema: string }>`
      SELECT n.nspname AS schema FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      WHERE p.proname = 'delete_expired_rows' AND has_schema_privilege(n.oid, 'USAGE')
        AND has_function_privilege(p.oid, 'EXECUTE') ORDER BY 1`.execute(db),
  );
  return rows.map(({ schema }) => schema);
}

async function deleteFrom(database: Database, schema: string): Promise<number> {
  let deleted = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const { rows } = await database.write((db) =>
      sql<{ n: number }>`SELECT ${sql.id(schema, 'delete_expired_rows')}(${BATCH_ROWS}) AS n`.execute(db),
    );
    const count = rows[0]?.n ?? 0;
    deleted += count;
    if (count < BATCH_ROWS) break;
  }
  return deleted;
}
