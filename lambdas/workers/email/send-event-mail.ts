import { setTimeout as delay } from 'node:timers/promises';
import { userEvents } from '../../auth/auth.events.ts';
import type { Database } from '../../database/database.client.ts';
import { orderEvents } from '../../orders/orders.events.ts';
import { paymentEvents } from '../../payments/payments.events.ts';
import type { EventOf } from '../../shared/event.ts';
import { count } from '../../shared/metrics.ts';
import { generateSecretToken, hashSecretToken } from '../../shared/secret-tokens.ts';
import {
  attachMailToken,
  type Contact,
  claimDelivery,
  findContact,
  finishDelivery,
  releaseDelivery,
} from './email.repository.ts';
import * as templates from './templates.ts';

/** Sends a mail. @returns the message id of the mail provider */
export type SendMail = (to: string, mail: templates.Mail) => Promise<string>;

/** The events that a mail may be about. */
export const mailEvents = { ...userEvents, ...orderEvents, ...paymentEvents };
export type MailEvent = EventOf<typeof mailEvents>;

export interface MailDependencies {
  database: Database;
  send: SendMail;
  /** The base URL of links in mails. */
  shopUrl: string;
}

/**
 * Sends the mail for an event, once. The claim is stored before sending and the result after it. A worker that lives
 * records the mail as long as its invocation allows. A mail is sent again after a crash between the two, and after a
 * response of SES that was lost, because SES has no idempotency key.
 */
export async function sendEventMail(deps: MailDependencies, event: MailEvent): Promise<void> {
  const { database } = deps;
  const claim = await database.write((db) => claimDelivery(db, event.id, event.type));
  if (claim === 'done') return count('EventDuplicate');
  if (claim === 'theirs') throw new Error(`The mail of event ${event.id} is being sent by another worker.`);
  let messageId: string | null;
  try {
    const contact = await database.write((db) => findContact(db, (event.payload as { userId: string }).userId));
    const mail = contact && (await composeMail(deps, event, contact));
    messageId = contact && mail ? await deps.send(contact.email, mail) : null;
  } catch (error) {
    await database.write((db) => releaseDelivery(db, event.id)).catch(() => {});
    throw error;
  }
  await recordSent(database, event.id, messageId);
}

/** How long a sent mail is recorded for, attempt after attempt: the mail is out, and without the record it would be sent again. */
const RECORD_WITHIN_MS = 15_000;
const RECORD_EVERY_MS = 250;

async function recordSent(database: Database, eventId: string, messageId: string | null): Promise<void> {
  const deadline = Date.now() + RECORD_WITHIN_MS;
  for (;;) {
    try {
      return await database.write((db) => finishDelivery(db, eventId, messageId));
    } catch (error) {
      // The claim stays until its lease ends: no other worker sends the mail before.
      if (Date.now() > deadline) throw error;
      await delay(RECORD_EVERY_MS);
    }
  }
}

/** @returns undefined for an event that needs no mail, or no longer needs one */
async function composeMail(
  deps: MailDependencies,
  event: MailEvent,
  { name }: Contact,
): Promise<templates.Mail | undefined> {
  const { shopUrl } = deps;
  switch (event.type) {
    case 'user.signed_up':
    case 'user.verification_requested': {
      const token = await createMailToken(deps, event.payload.mailTokenId);
      return token === undefined
        ? undefined
        : templates.verifyAddressMail(name, `${shopUrl}/#/verify-email?token=${token}`);
    }
    case 'user.password_reset_requested': {
      const token = await createMailToken(deps, event.payload.mailTokenId);
      return token === undefined
        ? undefined
        : templates.resetPasswordMail(name, `${shopUrl}/#/reset-password?token=${token}`);
    }
    case 'order.placed':
      return templates.orderReceivedMail({ ...event.payload, name, shopUrl });
    case 'order.paid':
      return templates.paymentReceiptMail({ ...event.payload, name, shopUrl });
    case 'order.cancelled':
      return templates.orderCancelledMail({ ...event.payload, name, shopUrl });
    case 'payment.declined':
      return templates.paymentFailedMail({ ...event.payload, name, shopUrl });
    default:
      return undefined;
  }
}

/** Generates the token of a link. Only the mail contains it. Auth stores its hash. */
async function createMailToken({ database }: MailDependencies, mailTokenId: string): Promise<undefined | string> {
  const token = generateSecretToken();
  const open = await database.write((db) => attachMailToken(db, mailTokenId, hashSecretToken(token)));
  return open ? token : undefined;
}
