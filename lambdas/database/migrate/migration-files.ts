import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Migration, sql } from 'kysely';
import type { Sql } from '../database.client.ts';
import { lineOf, splitStatements } from './sql-statements.ts';

/** A migration that cannot run. The message is one line with the file and, if a statement failed, its line number. */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

export interface MigrationFile {
  /** The file's name without its extension, as in the table `kysely_migration`. */
  readonly name: string;
  readonly sql: string;
  /** Of the text with LF line endings, so that a checkout on Windows has the same checksum. */
  readonly sha256: string;
}

export async function readMigrationFiles(folder: string): Promise<MigrationFile[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  return Promise.all(
    files.map(async (file) => {
      const text = (await readFile(path.join(folder, file), 'utf8')).replaceAll('\r\n', '\n');
      return { name: file.replace('.sql', ''), sql: text, sha256: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/** Runs a file's statements one by one, so that an error names the line of the failed statement. */
export const toMigration = (file: MigrationFile): Migration => ({
  up: async (db) => {
    for (const statement of splitStatements(file.sql)) {
      await sql
        .raw(statement.text)
        .execute(db)
        .catch((cause: Error & { position?: string }) => {
          const line = lineOf(statement, cause.position ? Number(cause.position) : undefined);
          throw new MigrationError(`Migration ${file.name}.sql, line ${line}: ${cause.message}`, { cause });
        });
    }
  },
});

/**
 * Rejects a file that was changed after it ran, because no later run would apply the change.
 * @throws MigrationError that names the file
 */
export async function assertUnchanged(db: Sql, files: readonly MigrationFile[]): Promise<void> {
  const known =
    await sql`SELECT FROM pg_tables WHERE schemaname = 'public' AND tablename = 'migration_checksum'`.execute(db);
  if (known.rows.length === 0) return;
  const { rows } = await sql<{
    name: string;
    sha256: string;
  }>`SELECT name, sha256 FROM public.migration_checksum`.execute(db);
  const checksums = new Map(rows.map(({ name, sha256 }) => [name, sha256]));
  const changed = files.find(({ name, sha256 }) => (checksums.get(name) ?? sha256) !== sha256);
  if (changed)
    throw new MigrationError(
      `Migration ${changed.name}.sql was changed after it ran on this database. ` +
        'Restore it and write a new migration; on a laptop, npm run reset wipes the local data instead.',
    );
}

/** Records the checksums of the files that ran. */
export async function recordChecksums(db: Sql, files: readonly MigrationFile[]): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS public.migration_checksum (name text PRIMARY KEY, sha256 text NOT NULL)`.execute(db);
  for (const { name, sha256 } of files)
    await sql`
      INSERT INTO public.migration_checksum (name, sha256)
      SELECT ${name}, ${sha256} FROM public.kysely_migration WHERE name = ${name} ON CONFLICT DO NOTHING`.execute(db);
}
