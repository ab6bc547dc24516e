import { sql } from 'kysely';
import type { Sql } from '../database/database.client.ts';
import { type Currency, money } from '../shared/money.ts';
import type { Refund } from './payment.ts';
import { PAYMENT, type PaymentRow } from './payments.repository.ts';

interface RefundRow {
  id: string;
  payment_id: string;
  amount_minor: number;
  reason: string | null;
  status: 'processing' | 'succeeded';
  created_at: Date;
}

/** Reserves the amount and stores the refund. A check constraint on the payment keeps the sum within the capture. */
export async function insertRefund(
  tx: Sql,
  paymentId: string,
  amountMinor: number,
  reason: string | null,
): Promise<RefundRow> {
  const { rows } = await sql<RefundRow>`
    WITH aside AS (
      UPDATE payments.payments SET refunded_minor = refunded_minor + ${amountMinor}, updated_at = now() WHERE id = ${paymentId}
    )
    INSERT INTO payments.refunds (payment_id, amount_minor, reason) VALUES (${paymentId}, ${amountMinor}, ${reason})
    RETURNING id, payment_id, amount_minor, reason, status, created_at`.execute(tx);
  return rows[0] as RefundRow;
}

export const toRefund = (row: RefundRow, currency: Currency): Refund => ({
  id: row.id,
  paymentId: row.payment_id,
  status: row.status,
  amount: money(row.amount_minor, currency),
  reason: row.reason,
  createdAt: row.created_at.toISOString(),
});

export async function findRefund(db: Sql, id: string): Promise<RefundRow | undefined> {
  const { rows } = await sql<RefundRow>`
    SELECT id, payment_id, amount_minor, reason, status, created_at FROM payments.refunds WHERE id = ${id}`.execute(db);
  return rows[0];
}

export type CompletedRefund = PaymentRow & { refunded_total_minor: number };

/**
 * Marks a refund of a locked payment as succeeded. The payment's status counts succeeded refunds only, not reserved
 * amounts. @returns the updated payment, or undefined when the refund was already marked
 */
export async function completeRefund(tx: Sql, refundId: string): Promise<CompletedRefund | undefined> {
  const { rows } = await sql<CompletedRefund>`
    WITH refund AS (
      UPDATE payments.refunds SET status = 'succeeded' WHERE id = ${refundId} AND status = 'processing'
      RETURNING payment_id, amount_minor
    ), given AS (
      SELECT refund.payment_id, (refund.amount_minor + coalesce(sum(r.amount_minor), 0))::bigint AS total
      FROM refund LEFT JOIN payments.refunds r ON r.payment_id = refund.payment_id AND r.status = 'succeeded'
      GROUP BY refund.payment_id, refund.amount_minor
    )
    UPDATE payments.payments p SET
      status = CASE WHEN given.total = p.amount_minor THEN 'refunded' ELSE 'partially_refunded' END,
      version = p.version + 1, updated_at = now()
    FROM given WHERE p.id = given.payment_id RETURNING ${PAYMENT}, given.total AS refunded_total_minor`.execute(tx);
  return rows[0];
}
