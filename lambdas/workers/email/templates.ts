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
    ['Please confirm that this address is yours. The link works once and expires after 48 hours.'],
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
      'We received a request to reset your password. The link works once and expires after one hour.',
      'If you did not request this, ignore this mail. Your password has not changed.',
    ],
    { label: 'Set a new password', link },
  );

export const orderReceivedMail = (content: OrderMailContent): Mail =>
  compose(
    `Order ${shortId(content)} is received`,
    content.name,
    ['Thank you for your order. The items are reserved for you until you pay:', ...listing(content)],
    orderLink(content),
  );

export const paymentReceiptMail = (content: OrderMailContent): Mail =>
  compose(
    `Receipt for order ${shortId(content)}`,
    content.name,
    ['We have received your payment. Thank you!', ...listing(content)],
    orderLink(content),
  );

export const paymentFailedMail = (
  content: Pick<OrderMailContent, 'name' | 'orderId' | 'shopUrl'> & { amount: Money },
): Mail =>
  compose(
    `Your payment for order ${shortId(content)} did not go through`,
    content.name,
    [`Your card was declined for ${formatMoney(content.amount)}. You were not charged and can still pay the order.`],
    orderLink(content),
  );

export const orderCancelledMail = (content: OrderMailContent): Mail =>
  compose(
    `Order ${shortId(content)} is cancelled`,
    content.name,
    ['Your order is cancelled:', ...listing(content), 'If a payment was in progress, it is refunded in full.'],
    orderLink(content),
  );

/** The end of the id, which is random. Its start is the time, which many orders share. */
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
/** Names are user input and must not become markup. */
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
