import * as z from 'zod';
import { databaseFromEnv } from '../../database/database.client.ts';
import { type Consume, createConsumer } from '../../queue/consumer.ts';
import { publicOrigin, readEnv } from '../../shared/env.ts';
import { mailEvents, sendEventMail } from './send-event-mail.ts';
import { createSesMailer } from './ses-mailer.ts';

function createMailConsumer(): Consume<typeof mailEvents> {
  const { MAIL_FROM } = readEnv({ MAIL_FROM: z.string().min(3) });
  const deps = { database: databaseFromEnv(), send: createSesMailer(MAIL_FROM), shopUrl: publicOrigin() };
  return (event) => sendEventMail(deps, event);
}

export const handler = createConsumer(mailEvents, createMailConsumer);
