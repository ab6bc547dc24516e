import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { errorFields, logger } from '../shared/logger.ts';
import { Problem } from '../shared/problem.ts';
import type { ReadSecret } from '../shared/secrets.ts';
import type { ChargeOutcome, PaymentProvider, ProviderEvent } from './payment-provider.ts';
import { paymentProblems } from './payments.errors.ts';
import { isSignedWebhook } from './webhook-signature.ts';

export interface SandboxSettings {
  baseUrl: string;
  apiKey: ReadSecret;
  webhookSecret: ReadSecret;
}

/** The longest that a request waits for the provider. The sandbox's slow token responds after 3 s. */
const PROVIDER_TIMEOUT_MS = 5_000;
/** Delays before retrying a broken connection, a server error or a 429. */
const RETRY_AFTER_MS = [100, 300];
const RETRY_WITHIN_MS = 2_000;

const chargeSchema = z.object({
  id: z.string(),
  idempotencyKey: z.uuid(),
  status: z.enum(['succeeded', 'declined', 'requires_action']),
  declineCode: z.string().nullable(),
  actionUrl: z.string().nullable(),
});
const webhookSchema = z.object({ id: z.string(), type: z.string(), charge: chargeSchema });

/** Calls the sandbox provider's API over HTTP, like the API of an external provider. */
export function createSandboxProvider(settings: SandboxSettings): PaymentProvider {
  const request = async (path: string, body: unknown): Promise<Response | undefined> => {
    try {
      const response = await fetch(`${settings.baseUrl}${path}`, {
        method: 'POST',
        headers: { 'x-sandbox-key': await settings.apiKey(), 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(PROVIDER_TIMEOUT_MS),
      });
      if (!response.ok) logger.warn('request rejected', { provider: 'sandbox', path, status: response.status });
      return response;
    } catch (error) {
      logger.warn('provider did not respond', { provider: 'sandbox', path, ...errorFields(error) });
      return undefined;
    }
  };
  /** Every call is idempotent, so a call that fails quickly is retried. A call that timed out is not. */
  const call = async (path: string, body: unknown): Promise<Response | undefined> => {
    const startedMs = performance.now();
    for (const pauseMs of RETRY_AFTER_MS) {
      const response = await request(path, body);
      const isRetryable = !response || response.status >= 500 || response.status === 429;
      if (!isRetryable || performance.now() - startedMs > RETRY_WITHIN_MS) return response;
      await delay(pauseMs);
    }
    return request(path, body);
  };

  return {
    name: 'sandbox',
    charge: async ({ paymentId, amount, token }) => {
      const response = await call('/charges', { idempotencyKey: paymentId, amount, token });
      // The provider rejected the request as invalid: nothing was charged, and nothing will be under this key.
      if (response?.status === 400 || response?.status === 422)
        return { status: 'declined', chargeId: null, declineCode: 'refused_by_provider' };
      return response?.ok ? toOutcome(chargeSchema.parse(await response.json())) : undefined;
    },
    retrieveOrVoid: async ({ paymentId, amount }) => {
      const response = await call(`/charges/${paymentId}/retrieve-or-void`, { amount });
      return response?.ok ? toOutcome(chargeSchema.parse(await response.json())) : undefined;
    },
    refund: async ({ refundId, chargeId, amount }) => {
      const response = await call('/refunds', { idempotencyKey: refundId, chargeId, amount });
      if (!response?.ok)
        throw new Error(`The provider did not confirm refund ${refundId} (${response?.status ?? 'no response'}).`);
    },
    readWebhook: async (rawBody, signature, now) =>
      readWebhook(await settings.webhookSecret(), rawBody, signature, now),
  };
}

function readWebhook(
  secret: string,
  rawBody: string,
  signature: string | undefined,
  now: Date,
): ProviderEvent | undefined {
  if (!isSignedWebhook(rawBody, signature, secret, now)) throw new Problem(paymentProblems.BAD_SIGNATURE);
  const parsed = webhookSchema.safeParse(JSON.parse(rawBody));
  if (!parsed.success || !parsed.data.type.startsWith('charge.')) return undefined;
  const { id, charge } = parsed.data;
  return { id, paymentId: charge.idempotencyKey, outcome: toOutcome(charge) };
}

function toOutcome(charge: z.output<typeof chargeSchema>): ChargeOutcome {
  const chargeId = charge.id;
  switch (charge.status) {
    case 'succeeded':
      return { status: 'captured', chargeId };
    case 'declined':
      return { status: 'declined', chargeId, declineCode: charge.declineCode ?? 'declined' };
    case 'requires_action':
      return { status: 'requires_action', chargeId, nextAction: { type: 'redirect', url: charge.actionUrl ?? '' } };
  }
}
