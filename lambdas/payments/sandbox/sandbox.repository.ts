import { sql } from 'kysely';
import type { Sql } from '../../database/database.client.ts';
import type { Money } from '../../shared/money.ts';

export interface ChargeRow {
  id: string;
  idempotency_key: string;
  token: string;
  status: 'succeeded' | 'declined' | 'requires_action';
}

const CHARGE = sql.raw('id, idempotency_key, token, status');

/** Creates the charge of a key, or returns the existing one. */
export async function chargeOnce(
  db: Sql,
  key: string,
  token: string,
  amount: Money,
  status: ChargeRow['status'],
): Promise<ChargeRow> {
  const { rows } = await sql<ChargeRow>`
    INSERT INTO sandbox.charges (idempotency_key, token, amount_minor, currency, status)
    VALUES (${key}, ${token}, ${amount.amountMinor}, ${amount.currency}, ${status})
    ON CONFLICT (idempotency_key) DO UPDATE SET idempotency_key = excluded.idempotency_key RETURNING ${CHARGE}`.execute(
    db,
  );
  return rows[0] as ChargeRow;
}

/** Stores the answer to a challenge. Later answers have no effect. */
export async function answerChallenge(
  db: Sql,
  id: string,
  status: 'succeeded' | 'declined',
): Promise<ChargeRow | undefined> {
  const { rows } = await sql<ChargeRow>`
    UPDATE sandbox.charges SET status = CASE WHEN status = 'requires_action' THEN ${status} ELSE status END
    WHERE id = ${id} RETURNING ${CHARGE}`.execute(db);
  return rows[0];
}

/** @returns false when there is no such charge */
export async function refundOnce(tx: Sql, key: string, chargeId: string, amount: Money): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    WITH refund AS (
      INSERT INTO sandbox.refunds (idempotency_key, charge_id, amount_minor)
      SELECT ${key}, id, ${amount.amountMinor} FROM sandbox.charges WHERE id = ${chargeId} AND status = 'succeeded'
      ON CONFLICT DO NOTHING RETURNING charge_id
    ), booked AS (
      UPDATE sandbox.charges c SET refunded_minor = refunded_minor + ${amount.amountMinor} FROM refund WHERE c.id = refund.charge_id
    )
    SELECT EXISTS (SELECT FROM sandbox.charges WHERE id = ${chargeId} AND status = 'succeeded') AS found`.execute(tx);
  return rows[0]?.found ?? false;
}
