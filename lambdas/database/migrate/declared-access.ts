import { sql } from 'kysely';
import { ALL_SERVICES, DATABASE_SERVICES, EVENT_PRODUCERS, roleOf } from '../../registry.ts';
import type { Sql } from '../database.client.ts';

/** Server-side limits of each role: 3 s for a statement, 2 s for a lock, 5 s idle in a transaction. */
const ROLE_SETTINGS = {
  statement_timeout: '3s',
  lock_timeout: '2s',
  idle_in_transaction_session_timeout: '5s',
  search_path: '',
};

/** Creates the role of each declared service. Runs before the migrations, which grant permissions to the roles. */
export async function createRoles(db: Sql): Promise<void> {
  const { rows } = await sql<{ rolname: string; rolconfig: string[] | null }>`
    SELECT rolname, rolconfig FROM pg_roles`.execute(db);
  const known = new Map(rows.map(({ rolname, rolconfig }) => [rolname, rolconfig ?? []]));
  for (const role of DATABASE_SERVICES.map(roleOf)) {
    if (!known.has(role)) await createRole(db, role);
    for (const [setting, value] of Object.entries(ROLE_SETTINGS)) {
      const written = setting === 'search_path' ? 'search_path=""' : `${setting}=${value}`;
      if (!known.get(role)?.includes(written))
        await sql`ALTER ROLE ${sql.id(role)} SET ${sql.id(setting)} = ${sql.lit(value)}`.execute(db);
    }
  }
}

const DUPLICATE_OBJECT = '42710';
const UNIQUE_VIOLATION = '23505';

/** Roles belong to the server, so a run on another of its databases may create the same role at the same time. */
async function createRole(db: Sql, role: string): Promise<void> {
  await sql`CREATE ROLE ${sql.id(role)} LOGIN`.execute(db).catch((error: { code?: string }) => {
    if (error.code !== DUPLICATE_OBJECT && error.code !== UNIQUE_VIOLATION) throw error;
  });
}

/**
 * Lets each service write the events that it declares, and no others. The row security policy of the outbox checks
 * `queue.event_types`. Types are never removed, since an earlier release may publish what a later one does not declare.
 */
export async function allowDeclaredEvents(db: Sql): Promise<void> {
  const ready = await sql`SELECT FROM pg_tables WHERE schemaname = 'queue' AND tablename = 'event_types'`.execute(db);
  // An earlier release has no such table. Its policy names the services.
  if (ready.rows.length === 0) return;
  for (const { name, events } of ALL_SERVICES) if (events) await allowPublishing(db, roleOf(name));
  const types = Object.entries(EVENT_PRODUCERS).map(([type, service]) => ({ type, producer: roleOf(service) }));
  await sql`
    INSERT INTO queue.event_types (type, producer)
    SELECT type, producer FROM jsonb_to_recordset(${JSON.stringify(types)}::jsonb) AS t(type text, producer text)
    ON CONFLICT (type) DO UPDATE SET producer = excluded.producer
    WHERE queue.event_types.producer <> excluded.producer`.execute(db);
}

async function allowPublishing(db: Sql, role: string): Promise<void> {
  const { rows } = await sql<{ may: boolean }>`
    SELECT has_schema_privilege(${role}, 'queue', 'USAGE')
       AND has_column_privilege(${role}, 'queue.outbox', 'payload', 'INSERT')
       AND has_column_privilege(${role}, 'queue.outbox', 'published_at', 'UPDATE')
       AND has_table_privilege(${role}, 'queue.event_types', 'SELECT') AS may`.execute(db);
  if (rows[0]?.may) return;
  const grantee = sql.id(role);
  await sql`GRANT USAGE ON SCHEMA queue TO ${grantee}`.execute(db);
  await sql`
    GRANT INSERT (id, type, aggregate_id, aggregate_version, payload), SELECT, UPDATE (published_at)
    ON queue.outbox TO ${grantee}`.execute(db);
  await sql`GRANT SELECT ON queue.event_types TO ${grantee}`.execute(db);
}

/** On RDS, members of the role `rds_iam` authenticate with IAM tokens. Other servers do not have this role. */
export async function allowTokens(db: Sql): Promise<void> {
  const { rows } = await sql`SELECT FROM pg_roles WHERE rolname = 'rds_iam'`.execute(db);
  if (rows.length === 0) return;
  for (const service of DATABASE_SERVICES) await sql`GRANT rds_iam TO ${sql.id(roleOf(service))}`.execute(db);
}
