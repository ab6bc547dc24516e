import * as z from 'zod';
import { readEnv } from '../shared/env.ts';
import { createSecretReader } from '../shared/secrets.ts';
import type { PaymentProvider } from './payment-provider.ts';
import { createSandboxProvider } from './sandbox-adapter.ts';

/** The provider of the stage. A new provider needs an adapter and a case here. */
export function providerFromEnv(): PaymentProvider {
  const env = readEnv({
    PAYMENT_PROVIDER: z.enum(['sandbox']),
    INTERNAL_ORIGIN: z.url(),
    SANDBOX_API_KEY_NAME: z.string().min(1),
    /** Set only for functions that receive webhooks. */
    SANDBOX_WEBHOOK_SECRET_NAME: z.string().min(1).optional(),
  });
  return createSandboxProvider({
    baseUrl: `${env.INTERNAL_ORIGIN}/api/sandbox-provider`,
    apiKey: createSecretReader(env.SANDBOX_API_KEY_NAME),
    webhookSecret: env.SANDBOX_WEBHOOK_SECRET_NAME
      ? createSecretReader(env.SANDBOX_WEBHOOK_SECRET_NAME)
      : webhooksNotConfigured,
  });
}

const webhooksNotConfigured = () =>
  Promise.reject(new Error('This function receives no webhooks, because it has no webhook secret.'));
