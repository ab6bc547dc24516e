import { sql } from 'kysely';
import type { Sql } from '../../database/database.client.ts';

export interface Contact {
  email: string;
  name: string;
}

/** A user's address and name, from the view that auth grants. */
export async function findContact(db: Sql, userId: string): Promise<Contact | undefined> {
  const { rows } = await sql<Contact>`SELECT email, name FROM auth.contacts WHERE id = ${userId}`.execute(db);
  return rows[0];
}

/** Stores a new token's hash in auth. @returns false when the request was used or superseded or has expired */
export async function attachMailToken(db: Sql, mailTokenId: string, tokenHash: Buffer): Promise<boolean> {
  const { rows } = await sql<{
    attached: boolean;
  }>`SELECT auth.attach_mail_token(${mailTokenId}, ${tokenHash}) AS attached`.execute(db);
  return rows[0]?.attached ?? false;
}

/** How long a claim lasts: longer than the worker's timeout, so that two workers never send at once. */
const LEASE_SECONDS = 60;

export type Claim = 'ours' | 'done' | 'theirs';

/** Claims the delivery of an event's mail. `theirs`: another worker is sending it, so retry later. */
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
  // The statement's snapshot does not include a row that committed meanwhile: its status is null, and it is being sent.
  return rows[0]?.status === 'sent' || rows[0]?.status === 'skipped' ? 'done' : 'theirs';
}

export async function finishDelivery(db: Sql, eventId: string, messageId: string | null): Promise<void> {
  await sql`
    UPDATE email.deliveries SET status = ${messageId ? 'sent' : 'skipped'}, message_id = ${messageId}, sent_at = now()
    WHERE event_id = ${eventId}`.execute(db);
}

/** Releases a claim after a failure, so that the retry does not wait for the lease. */
export async function releaseDelivery(db: Sql, eventId: string): Promise<void> {
  await sql`UPDATE email.deliveries SET claimed_until = now() WHERE event_id = ${eventId} AND status = 'sending'`.execute(
    db,
  );
}
