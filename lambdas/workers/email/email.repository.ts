import { sql } from 'kysely';
import type { Sql } from '../../database/database.client.ts';

export interface Contact {
  email: string;
  name: string;
}

/** How to address a user, from the view that auth grants. */
export async function findContact(db: Sql, userId: string): Promise<Contact | undefined> {
  const { rows } = await sql<Contact>`SELECT email, name FROM auth.contacts WHERE id = ${userId}`.execute(db);
  return rows[0];
}

/** Hands the hash of a minted token to auth. @returns false when the request is closed: used, expired or superseded */
export async function attachMailToken(db: Sql, mailTokenId: string, tokenHash: Buffer): Promise<boolean> {
  const { rows } = await sql<{
    attached: boolean;
  }>`SELECT auth.attach_mail_token(${mailTokenId}, ${tokenHash}) AS attached`.execute(db);
  return rows[0]?.attached ?? false;
}

/** A claim covers one sending; it outlives the worker's timeout, so that two never send at once. */
const LEASE_SECONDS = 60;

export type Claim = 'ours' | 'done' | 'theirs';

/** Claims the sending of an event's mail. `theirs`: another worker is at it, so come back later. */
export async function claimDelivery(db: Sql, eventId: string, template: string): Promise<Claim> {
  const { rows } = await sql<{ claimed: boolean; status: string | null }>`
    WITH claim AS (
      INSERT INTO email.deliveries AS d (event_id, template, claimed_until)
      VALUES (${eventId}, ${template}, now() + make_interval(secs => ${LEASE_SECONDS}))
      ON CONFLICT (event_id) DO UPDATE SET claimed_until = excluded.claimed_until
      WHERE d.status = 'sending' AND d.claimed_until < now() RETURNING 1
    )
    SELECT EXISTS (SELECT FROM claim) AS claimed, (SELECT status FROM email.deliveries WHERE event_id = ${eventId}) AS status`.execute(
    db,
  );
  if (rows[0]?.claimed) return 'ours';
  // Seen by the statement's snapshot; a row that committed meanwhile shows as null and is still being sent.
  return rows[0]?.status === 'sent' || rows[0]?.status === 'skipped' ? 'done' : 'theirs';
}

export async function finishDelivery(db: Sql, eventId: string, messageId: string | null): Promise<void> {
  await sql`
    UPDATE email.deliveries SET status = ${messageId ? 'sent' : 'skipped'}, message_id = ${messageId}, sent_at = now()
    WHERE event_id = ${eventId}`.execute(db);
}

/** Gives a claim back after a failure, so that the next try need not wait for the lease. */
export async function releaseDelivery(db: Sql, eventId: string): Promise<void> {
  await sql`UPDATE email.deliveries SET claimed_until = now() WHERE event_id = ${eventId} AND status = 'sending'`.execute(
    db,
  );
}
