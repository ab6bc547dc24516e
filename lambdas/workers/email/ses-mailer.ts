import type { SESClient } from '@aws-sdk/client-ses';
import type { SendMail } from './send-event-mail.ts';

const SEND_TIMEOUT_MS = 5_000;

/** Sends through SES with the identity that the function may use. The SDK loads on the first mail. */
export function createSesMailer(from: string): SendMail {
  let client: Promise<SESClient> | undefined;
  return async (to, mail) => {
    client ??= import('@aws-sdk/client-ses').then(({ SESClient }) => new SESClient({ maxAttempts: 2 }));
    const [ses, { SendEmailCommand }] = await Promise.all([client, import('@aws-sdk/client-ses')]);
    const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
    const command = new SendEmailCommand({
      Source: from,
      Destination: { ToAddresses: [to] },
      Message: { Subject: utf8(mail.subject), Body: { Text: utf8(mail.text), Html: utf8(mail.html) } },
    });
    const { MessageId } = await ses.send(command, { abortSignal: AbortSignal.timeout(SEND_TIMEOUT_MS) });
    return MessageId as string;
  };
}
