import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../database/database.client.ts';
import type { Money } from '../../shared/money.ts';
import { type ChargeRow, chargeOnce } from './sandbox.repository.ts';
import type { SandboxCharge } from './sandbox.routes.ts';

/** What each test token does. Any other token is declined, because the sandbox did not issue it. */
const TOKENS = new Map<string, { status: ChargeRow['status']; responseDelayMs?: number }>([
  ['tok_approved', { status: 'succeeded' }],
  ['tok_declined', { status: 'declined' }],
  ['tok_requires_action', { status: 'requires_action' }],
  ['tok_slow', { status: 'succeeded', responseDelayMs: 3_000 }],
  // Longer than every caller's timeout: the charge succeeds, but only the webhook reports it.
  ['tok_timeout_after_charge', { status: 'succeeded', responseDelayMs: 8_000 }],
]);

export interface WebhookMessage {
  id: string;
  type: `charge.${ChargeRow['status']}`;
  charge: SandboxCharge;
}

/** Enqueues a webhook. */
export type SendWebhook = (message: WebhookMessage) => Promise<void>;

/** Charges a test token. Every call sends the webhook, because a caller that retries may not have received it. */
export async function createCharge(
  database: Database,
  send: SendWebhook,
  actionBaseUrl: string,
  request: { idempotencyKey: string; amount: Money; token: string },
): Promise<SandboxCharge> {
  const { status, responseDelayMs = 0 } = TOKENS.get(request.token) ?? { status: 'declined' };
  const row = await database.write((db) =>
    chargeOnce(db, request.idempotencyKey, request.token, request.amount, status),
  );
  const charge = toCharge(row, actionBaseUrl);
  await send(webhookOf(charge));
  if (responseDelayMs > 0) await delay(responseDelayMs);
  return charge;
}

/** Stored as the token of a charge that was voided before it was made. No card token has this form. */
const VOIDED = '(closed)';

/** Retrieves the charge of a key. If there is none, stores a declined one, so that a late request cannot charge. */
export async function retrieveOrVoidCharge(
  database: Database,
  actionBaseUrl: string,
  key: string,
  amount: Money,
): Promise<SandboxCharge> {
  return toCharge(await database.write((db) => chargeOnce(db, key, VOIDED, amount, 'declined')), actionBaseUrl);
}

/** One event id per charge and status, so that a redelivered event is recognised. */
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
  if (token === VOIDED) return 'never_charged';
  return TOKENS.has(token) ? 'card_declined' : 'unknown_token';
}
