import type { Database } from '../../database/database.client.ts';
import type { DomainEvent } from '../../queue/events.ts';
import { count } from '../../shared/metrics.ts';
import { hashSecretToken, generateSecretToken } from '../../shared/secret-tokens.ts';
import {
  attachMailToken,
  type Contact,
  claimDelivery,
  findContact,
  finishDelivery,
  releaseDelivery,
} from './email.repository.ts';
import * as templates from './templates.ts';

/** Hands a mail to the carrier. @returns the carrier's id of it */
export type SendMail = (to: string, mail: templates.Mail) => Promise<string>;

export interface MailDependencies {
  database: Database;
  send: SendMail;
  /** Where links in mails lead. */
  shopUrl: string;
}

/**
 * Mails what an event asks for, once. The claim is stored before and the sending after: a worker that dies between the
 * carrier's yes and our note sends once more after the lease. No carrier offers better; every other repeat is caught.
 */
export async function sendEventMail(deps: MailDependencies, event: DomainEvent): Promise<void> {
  const { database } = deps;
  const claim = await database.write((db) => claimDelivery(db, event.id, event.type));
  if (claim === 'done') return count('EventDuplicate');
  if (claim === 'theirs') throw new Error(`The mail of event ${event.id} is being sent by another worker.`);
  try {
    const contact = await database.write((db) => findContact(db, (event.payload as { userId: string }).userId));
    const mail = contact && (await composeMail(deps, event, contact));
    const messageId = contact && mail ? await deps.send(contact.email, mail) : null;
    await database.write((db) => finishDelivery(db, event.id, messageId));
  } catch (error) {
    await database.write((db) => releaseDelivery(db, event.id)).catch(() => {});
    throw error;
  }
}

/** @returns undefined for an event that needs no mail any more */
async function composeMail(
  deps: MailDependencies,
  event: DomainEvent,
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

/** The token is made here and goes into the mail and nowhere else; auth gets its hash. */
async function createMailToken({ database }: MailDependencies, mailTokenId: string): Promise<undefined | string> {
  const token = generateSecretToken();
  const open = await database.write((db) => attachMailToken(db, mailTokenId, hashSecretToken(token)));
  return open ? token : undefined;
}
