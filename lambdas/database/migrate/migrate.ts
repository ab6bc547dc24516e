import path from 'node:path';
import { Kysely, type Migration, Migrator, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Sql } from '../database.client.ts';
import { allowDeclaredEvents, allowTokens, createRoles } from './declared-access.ts';
import { assertUnchanged, readMigrationFiles, recordChecksums, toMigration } from './migration-files.ts';

const MIGRATIONS = path.join(import.meta.dirname, '..', 'migrations');
/** The key of the lock that makes concurrent runs wait for each other. Any constant number. */
const LOCK = 7_041_913;

/**
 * Brings the schema up to date, and the roles and grants that follow from the services' declarations. Safe to run twice
 * and in parallel. All new files run in one transaction.
 *
 * @param connection connects as the schema's owner, who can create roles
 * @returns the names of the migrations that ran
 * @throws MigrationError that names the file and line of the first failure, which rolls back all new files, or the file
 *   that was changed after it ran
 */
export async function migrate(connection: pg.PoolConfig, folder = MIGRATIONS): Promise<string[]> {
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: new pg.Pool({ ...connection, max: 1 }) }) });
  try {
    const files = await readMigrationFiles(folder);
    // A session-level lock. The pool has one connection, so the run is one session. Closing it releases the lock.
    await sql`SELECT pg_advisory_lock(${LOCK})`.execute(db);
    await assertUnchanged(db, files);
    await createRoles(db);
    // Read before the migrator starts, since it then holds the only connection.
    const migrations = {
      ...(await ranElsewhere(db)),
      ...Object.fromEntries(files.map((f) => [f.name, toMigration(f)])),
    };
    const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
    const { error, results } = await migrator.migrateToLatest();
    await recordChecksums(db, files);
    if (error) throw error;
    await allowDeclaredEvents(db);
    await allowTokens(db);
    return (results ?? []).filter((each) => each.status === 'Success').map((each) => each.migrationName);
  } finally {
    await db.destroy();
  }
}

/**
 * Migrations that already ran, as entries that do nothing. A rollback finds a schema that is newer than its own files,
 * and each schema change must work with the earlier release (docs/deploy.md). Without these entries, Kysely reports
 * corrupted migrations and stops the rollback.
 */
async function ranElsewhere(db: Sql): Promise<Record<string, Migration>> {
  const { rows: tables } = await sql`
    SELECT FROM pg_tables WHERE schemaname = 'public' AND tablename = 'kysely_migration'`.execute(db);
  if (tables.length === 0) return {};
  const { rows } = await sql<{ name: string }>`SELECT name FROM public.kysely_migration`.execute(db);
  return Object.fromEntries(rows.map(({ name }) => [name, { up: async () => {} }]));
}
