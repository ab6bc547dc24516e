import type { Database } from '../../database/database.client.ts';
import type { Money } from '../../shared/money.ts';
import { type ChargeRow, chargeOnce } from './sandbox.repository.ts';
import type { SandboxCharge } from './sandbox.routes.ts';

/** What each test token does. Any other is declined, as a company would decline a token that it did not issue. */
const TOKENS = new Map<string, { status: ChargeRow['status']; answerAfterMs?: number }>([
  ['tok_approved', { status: 'succeeded' }],
  ['tok_declined', { status: 'declined' }],
  ['tok_requires_action', { status: 'requires_action' }],
  ['tok_slow', { status: 'succeeded', answerAfterMs: 3_000 }],
  // Past every caller's patience: the charge stands, and only the webhook tells of it.
  ['tok_timeout_after_charge', { status: 'succeeded', answerAfterMs: 8_000 }],
]);

export interface WebhookMessage {
  id: string;
  type: `charge.${ChargeRow['status']}`;
  charge: SandboxCharge;
}

/** Puts a webhook on its way. */
export type SendWebhook = (message: WebhookMessage) => Promise<void>;

/** Charges a test token. The webhook is sent each time, since a caller that asks again may have heard nothing. */
export async function createCharge(
  database: Database,
  send: SendWebhook,
  actionBaseUrl: string,
  request: { idempotencyKey: string; amount: Money; token: string },
): Promise<SandboxCharge> {
  const { status, answerAfterMs = 0 } = TOKENS.get(request.token) ?? { status: 'declined' };
  const row = await database.write((db) =>
    chargeOnce(db, request.idempotencyKey, request.token, request.amount, status),
  );
  const charge = toCharge(row, actionBaseUrl);
  await send(webhookOf(charge));
  if (answerAfterMs > 0) await new Promise((resolve) => setTimeout(resolve, answerAfterMs));
  return charge;
}

/** Stands where a token would in a charge that was closed before it began. No card token looks like it. */
const CLOSED = '(closed)';

/** The charge of a key; where there is none, one that is declined for good, so that a late request cannot charge. */
export async function retrieveOrVoidCharge(
  database: Database,
  actionBaseUrl: string,
  key: string,
  amount: Money,
): Promise<SandboxCharge> {
  return toCharge(await database.write((db) => chargeOnce(db, key, CLOSED, amount, 'declined')), actionBaseUrl);
}

/** One id a charge and status: the same telling twice is recognised by it. */
export const webhookOf = (charge: SandboxCharge): WebhookMessage => ({
  id: `evt_${charge.id}_${charge.status}`,
  type: `charge.${charge.status}`,
  charge,
});

export const toCharge = (row: ChargeRow, actionBaseUrl: string): SandboxCharge => ({
  id: row.id,
  idempotencyKey: row.idempotency_key,
  status: row.status,
  declineCode: row.status === 'declined' ? declineCodeOf(row) : null,
  actionUrl: row.status === 'requires_action' ? `${actionBaseUrl}/challenges/${row.id}` : null,
});

function declineCodeOf({ token }: ChargeRow): string {
  if (token === CLOSED) return 'never_charged';
  return TOKENS.has(token) ? 'card_declined' : 'unknown_token';
}
