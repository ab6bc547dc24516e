import { sql } from 'kysely';
import type { Database } from './database.client.ts';

/** The schemas that keep things for a time only; what is old is said by each one's `forget_old` (migration 0009). */
const SCHEMAS = ['auth', 'orders', 'payments', 'email'] as const;
/** Rows of a table in one statement: small enough that nobody waits for its locks. */
const BITE = 1_000;
/** A run ends before the function's timeout; what is left is for the next. */
const MAX_BITES = 200;

export type Forgotten = Record<(typeof SCHEMAS)[number], number>;

/**
 * Deletes what has served its time. Safe to run twice and in parallel.
 * @returns how many rows went, a schema
 * @throws the first failure, after the other schemas had their turn
 */
export async function forgetOld(database: Database): Promise<Forgotten> {
  const forgotten: Forgotten = { auth: 0, orders: 0, payments: 0, email: 0 };
  const failures: unknown[] = [];
  for (const schema of SCHEMAS) {
    const taken = await forgetIn(database, schema).catch((error) => void failures.push(error));
    forgotten[schema] = taken ?? 0;
  }
  if (failures.length > 0) throw failures[0];
  return forgotten;
}

async function forgetIn(database: Database, schema: string): Promise<number> {
  let forgotten = 0;
  for (let bite = 0; bite < MAX_BITES; bite++) {
    const { rows } = await database.write((db) =>
      sql<{ n: number }>`SELECT ${sql.id(schema, 'forget_old')}(${BITE}) AS n`.execute(db),
    );
    const taken = rows[0]?.n ?? 0;
    forgotten += taken;
    if (taken < BITE) break;
  }
  return forgotten;
}
