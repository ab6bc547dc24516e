import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Kysely, type Migration, Migrator, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { DATABASE_SERVICES, roleOf } from './database-roles.ts';

const MIGRATIONS = path.join(import.meta.dirname, 'migrations');

/**
 * Brings the schema up to date. Safe to run twice and in parallel: Kysely's migrator takes a lock and keeps a table of
 * what ran. Each file runs in one transaction.
 *
 * @param connection an administrator's connection: it creates roles
 * @returns the names of the migrations that ran
 * @throws the first failing migration's error; nothing of it is kept
 */
export async function migrate(connection: pg.PoolConfig, folder = MIGRATIONS): Promise<string[]> {
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: new pg.Pool({ ...connection, max: 1 }) }) });
  try {
    // Read before the migrator begins: it keeps the one connection to itself.
    const migrations = { ...(await ranElsewhere(db)), ...(await readMigrations(folder)) };
    await createRoles(db);
    const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
    const { error, results } = await migrator.migrateToLatest();
    if (error) throw error;
    await allowTokens(db);
    return (results ?? []).filter((each) => each.status === 'Success').map((each) => each.migrationName);
  } finally {
    await db.destroy();
  }
}

/**
 * What ran already, as migrations that do nothing. A deployment that goes back meets a schema newer than its own files,
 * which every schema change must suit (docs/deploy.md); Kysely would call that corrupt and stop the way back.
 */
async function ranElsewhere(db: Kysely<unknown>): Promise<Record<string, Migration>> {
  const there = await sql`SELECT FROM pg_tables WHERE schemaname = 'public' AND tablename = 'kysely_migration'`.execute(
    db,
  );
  if (there.rows.length === 0) return {};
  const { rows } = await sql<{ name: string }>`SELECT name FROM public.kysely_migration`.execute(db);
  return Object.fromEntries(rows.map(({ name }) => [name, { up: async () => {} }]));
}

/**
 * Creates the role of each service, with bounds that hold whatever a client forgets: 3 s for a statement, 2 s for a lock,
 * 5 s idle in a transaction. Two runs at once may both try to create a role; the second finds it there.
 */
async function createRoles(db: Kysely<unknown>): Promise<void> {
  for (const role of DATABASE_SERVICES.map(roleOf)) {
    const name = sql.id(role);
    await sql`CREATE ROLE ${name} LOGIN`.execute(db).catch((error: { code?: string }) => {
      if (error.code !== DUPLICATE_OBJECT && error.code !== UNIQUE_VIOLATION) throw error;
    });
  }
  await sql.raw(ROLE_BOUNDS).execute(db);
}

/** On RDS a role may sign in with a token once it has `rds_iam`, which no other PostgreSQL knows. */
async function allowTokens(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql`SELECT FROM pg_roles WHERE rolname = 'rds_iam'`.execute(db);
  if (rows.length === 0) return;
  for (const service of DATABASE_SERVICES) await sql`GRANT rds_iam TO ${sql.id(roleOf(service))}`.execute(db);
}

async function readMigrations(folder: string): Promise<Record<string, Migration>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  const entries = files.map(async (file) => {
    const text = await readFile(path.join(folder, file), 'utf8');
    return [file.replace('.sql', ''), { up: async (db: Kysely<unknown>) => void (await sql.raw(text).execute(db)) }];
  });
  return Object.fromEntries(await Promise.all(entries));
}
