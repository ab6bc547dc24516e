import { expect, test } from '@jest/globals';
import { readMessages } from '../../../local/servers/mailbox.ts';

const expected = {
  id: 'm-1',
  from: 'shop@example.com',
  to: ['ann@example.com'],
  subject: 'Receipt',
  text: 'Thank you',
  html: '<p>Thank you</p>',
  receivedAt: '2026-11-24T02:03:27.000Z',
};

test("MiniStack's list of mails is parsed", () => {
  const mail = {
    MessageId: 'm-1',
    Source: 'shop@example.com',
    To: ['ann@example.com'],
    Subject: 'Receipt',
    BodyText: 'Thank you',
    BodyHtml: '<p>Thank you</p>',
    Timestamp: 1795485807,
  };
  expect(readMessages({ messages: { '000000000000': [mail] } })).toEqual([expected]);
});

test("LocalStack's list of mails is parsed", () => {
  const mail = {
    Id: 'm-1',
    Source: 'shop@example.com',
    Destination: { ToAddresses: ['ann@example.com'] },
    Subject: 'Receipt',
    Body: { text_part: 'Thank you', html_part: '<p>Thank you</p>' },
    Timestamp: '2026-11-24T02:03:27Z',
  };
  expect(readMessages({ messages: [mail] })).toEqual([expected]);
  expect(readMessages({ messages: [] })).toEqual([]);
});
