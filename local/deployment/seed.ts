import type pg from 'pg';
import { hashPassword, verifyPassword } from '../../lambdas/auth/passwords.ts';
import { migrate } from '../../lambdas/database/migrate/migrate.ts';
import { DATABASE_SERVICES, roleOf } from '../../lambdas/registry.ts';
import type { Secrets } from '../instance.ts';
import type { Postgres } from '../servers/postgres.ts';

export const ADMIN_EMAIL = 'admin@throughline.example';

const DEMO_PRODUCTS: [sku: string, name: string, description: string, priceMinor: number, onHand: number][] = [
  ['TEA-SENCHA-100', 'Sencha, 100 g', 'Green tea from the first flush, steamed and bright.', 1490, 500],
  ['TEA-ASSAM-250', 'Assam, 250 g', 'A strong black tea that stands up to milk.', 1190, 500],
  ['POT-IRON-06', 'Iron teapot, 0.6 l', 'Cast iron, enamelled inside, with a steel sieve.', 5900, 120],
  ['CUP-GLASS-2', 'Two glass cups', 'Double-walled: hot inside, cool to hold.', 2450, 200],
  ['KETTLE-GOOSE', 'Gooseneck kettle', 'Pours in a thin line and holds its temperature.', 8900, 60],
  ['SCALE-KITCHEN', 'Kitchen scale', 'Weighs to a tenth of a gram, charges by USB-C.', 3900, 80],
];

/** Creates the database, brings its schema up to date and gives every role its password. Safe to run again. */
export async function prepareDatabase(postgres: Postgres, port: number, secrets: Secrets): Promise<void> {
  const existing = await postgres.query(port, `SELECT FROM pg_database WHERE datname = 'throughline'`, 'postgres');
  if (existing.length === 0) await postgres.query(port, 'CREATE DATABASE throughline', 'postgres');
  await migrate(postgres.connection(port));
  await postgres.withClient(port, async (client) => {
    for (const service of DATABASE_SERVICES) {
      const password = client.escapeLiteral(secrets.services[service] as string);
      await client.query(`ALTER ROLE ${client.escapeIdentifier(roleOf(service))} PASSWORD ${password}`);
    }
  });
}

/**
 * Inserts a small catalogue and an administrator. Products that exist stay unchanged. If the administrator's password
 * was changed, it is set to the one in secrets.json again.
 */
export async function seed(postgres: Postgres, port: number, secrets: Secrets): Promise<void> {
  await postgres.withClient(port, async (client) => {
    for (const [sku, name, description, priceMinor, onHand] of DEMO_PRODUCTS) {
      await client.query(
        `WITH product AS (
           INSERT INTO catalog.products (sku, name, description, price_minor, currency) VALUES ($1, $2, $3, $4, 'EUR')
           ON CONFLICT (sku) DO NOTHING RETURNING id)
         INSERT INTO catalog.stock (product_id, on_hand) SELECT id, $5 FROM product`,
        [sku, name, description, priceMinor, onHand],
      );
    }
    await seedAdmin(client, secrets.adminPassword);
  });
}

async function seedAdmin(client: pg.Client, password: string): Promise<void> {
  const { rows } = await client.query('SELECT password_hash FROM auth.users WHERE email_key = $1', [ADMIN_EMAIL]);
  if (rows[0] && (await verifyPassword(password, rows[0].password_hash))) return;
  await client.query(
    `INSERT INTO auth.users (email, name, role, password_hash, email_verified_at)
     VALUES ($1, 'Administrator', 'admin', $2, now())
     ON CONFLICT (email_key) DO UPDATE SET password_hash = excluded.password_hash, role = 'admin'`,
    [ADMIN_EMAIL, await hashPassword(password)],
  );
}

/**
 * A killed emulator loses the messages in its queues, which SQS does not. So the relay publishes the last events again.
 * Consumers recognize by id the events that they have processed already.
 */
export async function republishRecentEvents(postgres: Postgres, port: number): Promise<void> {
  await postgres.query(
    port,
    `UPDATE queue.outbox SET published_at = NULL
     WHERE published_at > (SELECT max(published_at) FROM queue.outbox) - interval '15 minutes'`,
    'throughline',
  );
}
