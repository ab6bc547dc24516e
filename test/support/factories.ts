import type { DomainEvent } from './events.ts';
import { rows } from './platform.ts';

let count = 0;
/** A name that no other test uses, in this process or another. */
export const unique = (prefix: string) => `${prefix}-${process.pid}-${Date.now().toString(36)}-${++count}`;

export const uniqueEmail = () => `${unique('user')}@example.com`.toLowerCase();

/** Inserts a product with stock directly into the database. @returns its id */
export async function makeProduct(onHand: number, priceMinor = 1_500, currency = 'EUR'): Promise<string> {
  const [product] = await rows<{ id: string }>(
    `WITH p AS (
       INSERT INTO catalog.products (sku, name, description, price_minor, currency) VALUES ($1, $1, '', $2, $3)
       RETURNING id)
     INSERT INTO catalog.stock (product_id, on_hand) SELECT id, $4 FROM p RETURNING product_id AS id`,
    [unique('SKU'), priceMinor, currency, onHand],
  );
  return (product as { id: string }).id;
}

/** Inserts a user without a session directly into the database. @returns its id */
export async function makeUser(): Promise<string> {
  const [user] = await rows<{ id: string }>(
    `INSERT INTO auth.users (email, name, password_hash) VALUES ($1, 'Test', 'none') RETURNING id`,
    [uniqueEmail()],
  );
  return (user as { id: string }).id;
}

/** An event that a mail is about, of a user without other data. It is in no outbox. */
export const declinedEvent = async (): Promise<DomainEvent<'payment.declined'>> => ({
  id: crypto.randomUUID(),
  type: 'payment.declined',
  aggregateId: crypto.randomUUID(),
  occurredAt: new Date().toISOString(),
  payload: {
    paymentId: crypto.randomUUID(),
    orderId: crypto.randomUUID(),
    userId: await makeUser(),
    amount: { amountMinor: 100, currency: 'EUR' },
  },
});
