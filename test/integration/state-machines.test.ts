import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import * as order from '../../lambdas/orders/order.ts';
import * as payment from '../../lambdas/payments/payment.ts';
import { endpoints } from '../support/platform.ts';

/** The statuses of a table, what the code allows between them, and a row to move. */
const MACHINES = [
  {
    table: 'orders.orders',
    statuses: order.ORDER_STATUSES as readonly string[],
    mayBecome: order.mayBecome as (from: string, to: string) => boolean,
    insert: `INSERT INTO orders.orders (user_id, status, total_minor, currency, expires_at)
             VALUES (gen_random_uuid(), $1, 100, 'EUR', now()) RETURNING id`,
  },
  {
    table: 'payments.payments',
    statuses: payment.PAYMENT_STATUSES as readonly string[],
    mayBecome: payment.mayBecome as (from: string, to: string) => boolean,
    insert: `INSERT INTO payments.payments (order_id, user_id, status, amount_minor, currency, provider)
             VALUES (gen_random_uuid(), gen_random_uuid(), $1, 100, 'EUR', 'test') RETURNING id`,
  },
];

const client = new pg.Client(endpoints.writer);
beforeAll(() => client.connect());
afterAll(() => client.end());

/** Whether the database lets a row go from one status to another. Nothing is kept of the attempt. */
async function databaseAllows(
  { table, insert }: (typeof MACHINES)[number],
  from: string,
  to: string,
): Promise<boolean> {
  await client.query('BEGIN');
  try {
    const { rows } = await client.query(insert, [from]);
    await client.query(`UPDATE ${table} SET status = $1 WHERE id = $2`, [to, rows[0].id]);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== '23514') throw error;
    return false;
  } finally {
    await client.query('ROLLBACK');
  }
}

describe.each(MACHINES)('the statuses of $table', (machine) => {
  const { statuses, mayBecome } = machine;
  const pairs = statuses.flatMap((from) => statuses.filter((to) => to !== from).map((to) => [from, to] as const));

  test.each(pairs)('from %s to %s: the code and the database agree', async (from, to) => {
    expect(await databaseAllows(machine, from, to)).toBe(mayBecome(from, to));
  });

  test('are the same in the code and in the table’s check', async () => {
    const { rows } = await client.query(
      `SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint
       WHERE conrelid = $1::regclass AND contype = 'c' AND pg_get_constraintdef(oid) LIKE '%status = ANY%'`,
      [machine.table],
    );
    const written = [...String(rows[0]?.definition).matchAll(/'(\w+)'::text/g)].map(([, status]) => status);
    expect(written.sort()).toEqual([...statuses].sort());
  });
});
