import { describe, expect, test } from '@jest/globals';
import * as templates from '../../../lambdas/workers/email/templates.ts';

const facts = {
  name: '<script>alert(1)</script>',
  orderId: '01890000-0000-7000-8000-0000deadbeef',
  total: { amountMinor: 2980, currency: 'EUR' as const },
  items: [{ name: 'Tea & "more"', quantity: 2, lineTotal: { amountMinor: 2980, currency: 'EUR' as const } }],
  shopUrl: 'https://shop.example.com',
};
const link = 'https://shop.example.com/#/verify-email?token=abc';

const MAILS = {
  verifyAddress: templates.verifyAddressMail(facts.name, link),
  resetPassword: templates.resetPasswordMail(facts.name, link),
  orderReceived: templates.orderReceivedMail(facts),
  paymentReceipt: templates.paymentReceiptMail(facts),
  paymentFailed: templates.paymentFailedMail({ ...facts, amount: facts.total }),
  orderCancelled: templates.orderCancelledMail(facts),
};

describe.each(Object.entries(MAILS))('the mail %s', (_, mail) => {
  test('has a subject, a text and an HTML part', () => {
    expect(mail.subject).not.toBe('');
    expect(mail.text).toContain('https://shop.example.com/#/');
    expect(mail.html).toContain('<!doctype html>');
  });

  test('escapes HTML in names', () => {
    expect(mail.html).not.toContain('<script>');
    expect(mail.html).toContain('&lt;script&gt;');
  });
});

test('a receipt lists the items and the prices', () => {
  expect(MAILS.paymentReceipt.text).toContain('2 x Tea & "more": 29.80 EUR');
  expect(MAILS.paymentReceipt.text).toContain('Total: 29.80 EUR');
});
