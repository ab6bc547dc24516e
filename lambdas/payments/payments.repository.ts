import { sql } from 'kysely';
import type { Sql } from '../database/database.client.ts';
import type { IdempotencyClaim, StoredResponse } from '../database/idempotency.ts';
import { type Currency, money } from '../shared/money.ts';
import type { NextAction, Payment, PaymentStatus } from './payment.ts';
import { sourcesOf } from './payment.ts';
import type { ChargeOutcome } from './payment-provider.ts';

export interface PaymentRow {
  id: string;
  order_id: string;
  user_id: string;
  status: PaymentStatus;
  amount_minor: number;
  refunded_minor: number;
  currency: Currency;
  provider_charge: string | null;
  decline_code: string | null;
  next_action: NextAction | null;
  version: number;
  created_at: Date;
}

/** The columns of a payment `p`. */
export const PAYMENT = sql.raw(
  'p.id, p.order_id, p.user_id, p.status, p.amount_minor, p.refunded_minor, p.currency, p.provider_charge, p.decline_code, p.next_action, p.version, p.created_at',
);

export const toPayment = (row: PaymentRow): Payment => ({
  id: row.id,
  orderId: row.order_id,
  status: row.status,
  amount: money(row.amount_minor, row.currency),
  refunded: money(row.refunded_minor, row.currency),
  nextAction: row.status === 'requires_action' ? row.next_action : null,
  createdAt: row.created_at.toISOString(),
});

export interface PaymentAttempt {
  claimed: boolean;
  order_status: string | null;
  order_open: boolean | null;
  payment: PaymentRow | undefined;
}

/**
 * Claims the key, reads the amount due and opens a payment, in one round trip. A unique index allows one live payment
 * per order: of two concurrent requests, the second waits for the first and then opens none.
 */
export async function openPayment(
  tx: Sql,
  claim: IdempotencyClaim,
  paymentId: string,
  orderId: string,
  provider: string,
): Promise<PaymentAttempt> {
  const { rows } = await sql<PaymentRow & Omit<PaymentAttempt, 'payment'>>`
    WITH claim AS (
      INSERT INTO payments.idempotency_keys (user_id, operation, key, request_hash, subject_id)
      VALUES (${claim.userId}, ${claim.operation}, ${claim.key}, ${claim.requestHash}, ${paymentId})
      ON CONFLICT DO NOTHING RETURNING 1
    ), owed AS (
      SELECT o.*, o.status = 'awaiting_payment' AND o.expires_at > now() AS open
      FROM orders.payable_orders o WHERE o.id = ${orderId} AND o.user_id = ${claim.userId}
    ), p AS (
      INSERT INTO payments.payments (id, order_id, user_id, amount_minor, currency, provider)
      SELECT ${paymentId}, o.id, o.user_id, o.total_minor, o.currency, ${provider} FROM claim, owed o WHERE o.open
      ON CONFLICT (order_id) WHERE status <> 'declined' DO NOTHING RETURNING *
    )
    SELECT EXISTS (SELECT FROM claim) AS claimed, o.status AS order_status, o.open AS order_open, ${PAYMENT}
    FROM (SELECT 1) AS one LEFT JOIN owed o ON true LEFT JOIN p ON true`.execute(tx);
  const row = rows[0] as PaymentRow & Omit<PaymentAttempt, 'payment'>;
  return {
    claimed: row.claimed,
    order_status: row.order_status,
    order_open: row.order_open,
    payment: row.id ? row : undefined,
  };
}

/** Finds the live payment of an order: the one that is not declined, if any. */
export async function findLivePayment(
  db: Sql,
  orderId: string,
): Promise<(PaymentRow & { stale: boolean }) | undefined> {
  const { rows } = await sql<PaymentRow & { stale: boolean }>`
    SELECT ${PAYMENT}, p.status = 'processing' AND p.updated_at < now() - interval '15 seconds' AS stale
    FROM payments.payments p WHERE p.order_id = ${orderId} AND p.status <> 'declined'`.execute(db);
  return rows[0];
}

export async function findPayment(db: Sql, id: string): Promise<PaymentRow | undefined> {
  const { rows } = await sql<PaymentRow>`SELECT ${PAYMENT} FROM payments.payments p WHERE p.id = ${id}`.execute(db);
  return rows[0];
}

export async function lockPayment(tx: Sql, id: string): Promise<PaymentRow | undefined> {
  const { rows } =
    await sql<PaymentRow>`SELECT ${PAYMENT} FROM payments.payments p WHERE p.id = ${id} FOR UPDATE`.execute(tx);
  return rows[0];
}

/** Applies the provider's outcome to a payment. @returns undefined when the payment is already past that status */
export async function applyOutcome(
  tx: Sql,
  paymentId: string,
  outcome: ChargeOutcome,
): Promise<PaymentRow | undefined> {
  const declineCode = outcome.status === 'declined' ? outcome.declineCode : null;
  const nextAction = outcome.status === 'requires_action' ? JSON.stringify(outcome.nextAction) : null;
  const { rows } = await sql<PaymentRow>`
    UPDATE payments.payments p SET status = ${outcome.status}, provider_charge = ${outcome.chargeId},
      decline_code = ${declineCode}, next_action = coalesce(${nextAction}::jsonb, next_action),
      version = version + 1, updated_at = now()
    WHERE p.id = ${paymentId} AND p.status = ANY(${sourcesOf(outcome.status)}) RETURNING ${PAYMENT}`.execute(tx);
  return rows[0];
}

/**
 * Claims the unfinished payment that has waited longest for reconciliation. The first attempt is a minute after it was
 * created. The backoff is a quarter of its age at each attempt, so that an abandoned challenge costs few calls.
 */
export async function claimUnfinishedPayment(db: Sql): Promise<PaymentRow | undefined> {
  const { rows } = await sql<PaymentRow>`
    UPDATE payments.payments p SET asked_at = now() WHERE p.id = (
      SELECT id FROM payments.payments WHERE status IN ('processing', 'requires_action')
        AND coalesce(asked_at, created_at) < now() - greatest(interval '1 minute', (now() - created_at) / 5)
      ORDER BY coalesce(asked_at, created_at) LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING ${PAYMENT}`.execute(db);
  return rows[0];
}

/**
 * Makes the outbox relay republish events whose effect is missing: the capture of an order that is still unpaid or was
 * closed without a refund, and refunds that are still processing. Consumers ignore events that already took effect.
 * @returns the number of events
 */
export async function republishLostEvents(db: Sql): Promise<number> {
  const { rows } = await sql`
    WITH lost AS (
      SELECT p.id AS about, 'payment.captured' AS type
      FROM orders.payable_orders o JOIN payments.payments p ON p.order_id = o.id AND p.status = 'captured'
      WHERE o.status = 'awaiting_payment'
         OR o.status IN ('expired', 'cancelled') AND o.updated_at > now() - interval '7 days' AND p.refunded_minor = 0
      UNION ALL
      SELECT r.id, 'refund.requested' FROM payments.refunds r WHERE r.status = 'processing'
    )
    UPDATE queue.outbox e SET published_at = NULL FROM lost
    WHERE e.aggregate_id = lost.about AND e.type = lost.type AND e.published_at < now() - interval '3 minutes'
    RETURNING e.id`.execute(db);
  return rows.length;
}

export interface StoredPaymentResponse extends StoredResponse {
  subjectId: string;
  /** Old enough that the process that started it must have crashed. */
  stale: boolean;
}

export async function findStoredResponse(db: Sql, claim: IdempotencyClaim): Promise<StoredPaymentResponse | undefined> {
  const { rows } = await sql<{
    request_hash: Buffer;
    status: number | null;
    body: unknown;
    subject_id: string;
    stale: boolean;
  }>`
    SELECT request_hash, status, body, subject_id, created_at < now() - interval '15 seconds' AS stale
    FROM payments.idempotency_keys
    WHERE user_id = ${claim.userId} AND operation = ${claim.operation} AND key = ${claim.key}`.execute(db);
  const row = rows[0];
  return (
    row && {
      requestHash: row.request_hash,
      status: row.status,
      body: row.body,
      subjectId: row.subject_id,
      stale: row.stale,
    }
  );
}

export async function storeResponse(tx: Sql, claim: IdempotencyClaim, status: number, body: unknown): Promise<void> {
  await sql`
    UPDATE payments.idempotency_keys SET status = ${status}, body = ${JSON.stringify(body)}::jsonb
    WHERE user_id = ${claim.userId} AND operation = ${claim.operation} AND key = ${claim.key} AND status IS NULL`.execute(
    tx,
  );
}

/** Claims an Idempotency-Key for the object with `subjectId`. @returns false when the key is taken */
export async function claimKey(tx: Sql, claim: IdempotencyClaim, subjectId: string): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO payments.idempotency_keys (user_id, operation, key, request_hash, subject_id)
    VALUES (${claim.userId}, ${claim.operation}, ${claim.key}, ${claim.requestHash}, ${subjectId})
    ON CONFLICT DO NOTHING RETURNING 1`.execute(tx);
  return rows.length > 0;
}

/** @returns false when this provider event was already recorded */
export async function recordProviderEvent(tx: Sql, provider: string, eventId: string): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO payments.provider_events (provider, event_id) VALUES (${provider}, ${eventId})
    ON CONFLICT DO NOTHING RETURNING 1`.execute(tx);
  return rows.length > 0;
}

export async function consumeOnce(tx: Sql, eventId: string): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO payments.consumed_events (event_id) VALUES (${eventId}) ON CONFLICT DO NOTHING RETURNING 1`.execute(tx);
  return rows.length > 0;
}
