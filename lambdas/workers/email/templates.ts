import type { Money } from '../../shared/money.ts';
import { formatMoney } from '../../shared/money-format.ts';

export interface Mail {
  subject: string;
  text: string;
  html: string;
}

export interface OrderMailContent {
  name: string;
  orderId: string;
  total: Money;
  items: { name: string; quantity: number; lineTotal: Money }[];
  shopUrl: string;
}

export const verifyAddressMail = (name: string, link: string): Mail =>
  compose(
    'Verify your address',
    name,
    ['Please confirm that this address is yours. The link works once, for 48 hours.'],
    {
      label: 'Verify my address',
      link,
    },
  );

export const resetPasswordMail = (name: string, link: string): Mail =>
  compose(
    'Reset your password',
    name,
    [
      'Somebody, hopefully you, asked to reset your password. The link works once, for one hour.',
      'If it was not you, ignore this mail: nothing has changed.',
    ],
    { label: 'Set a new password', link },
  );

export const orderReceivedMail = (facts: OrderMailContent): Mail =>
  compose(
    `We have your order ${shortId(facts)}`,
    facts.name,
    ['Thank you for your order. It is held for you until it is paid:', ...listing(facts)],
    orderLink(facts),
  );

export const paymentReceiptMail = (facts: OrderMailContent): Mail =>
  compose(
    `Receipt for order ${shortId(facts)}`,
    facts.name,
    ['We have received your payment. Thank you!', ...listing(facts)],
    orderLink(facts),
  );

export const paymentFailedMail = (
  facts: Pick<OrderMailContent, 'name' | 'orderId' | 'shopUrl'> & { amount: Money },
): Mail =>
  compose(
    `Your payment for order ${shortId(facts)} did not go through`,
    facts.name,
    [`Your card was declined for ${formatMoney(facts.amount)}. Nothing was charged, and the order can still be paid.`],
    orderLink(facts),
  );

export const orderCancelledMail = (facts: OrderMailContent): Mail =>
  compose(
    `Order ${shortId(facts)} is cancelled`,
    facts.name,
    ['Your order is cancelled:', ...listing(facts), 'Should a payment have been on its way, it is given back in full.'],
    orderLink(facts),
  );

/** The random end of the id: its start is the time, which many orders share. */
const shortId = ({ orderId }: { orderId: string }) => orderId.slice(-8).toUpperCase();
const orderLink = ({ shopUrl, orderId }: { shopUrl: string; orderId: string }) => ({
  label: 'See the order',
  link: `${shopUrl}/#/orders/${orderId}`,
});
const listing = ({ items, total }: OrderMailContent): string[] => [
  ...items.map((item) => `${item.quantity} x ${item.name}: ${formatMoney(item.lineTotal)}`),
  `Total: ${formatMoney(total)}`,
];

function compose(subject: string, name: string, paragraphs: string[], action: { label: string; link: string }): Mail {
  const greeting = `Hello ${name},`;
  const text = [greeting, ...paragraphs, `${action.label}: ${action.link}`, 'Throughline'].join('\n\n');
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>
<body style="font-family:sans-serif;line-height:1.5;max-width:36rem;margin:auto;padding:1rem">
${[greeting, ...paragraphs].map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`).join('\n')}
<p><a href="${escapeHtml(action.link)}">${escapeHtml(action.label)}</a></p>
<p>Throughline</p></body></html>`;
  return { subject, text, html };
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** Names come from people: none of them may become markup. */
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
