import * as z from 'zod';
import { readEnv } from '../shared/env.ts';
import type { PaymentProvider } from './payment-provider.ts';
import { createSandboxProvider } from './sandbox-adapter.ts';

/** The provider that the stage names. A further one is a further adapter and a further case here. */
export function providerFromEnv(): PaymentProvider {
  const env = readEnv({
    PAYMENT_PROVIDER: z.enum(['sandbox']),
    PUBLIC_ORIGIN: z.url(),
    SANDBOX_API_KEY: z.string().min(16),
    SANDBOX_WEBHOOK_SECRET: z.string().min(16),
  });
  return createSandboxProvider({
    baseUrl: `${env.PUBLIC_ORIGIN}/api/sandbox-provider`,
    apiKey: env.SANDBOX_API_KEY,
    webhookSecret: env.SANDBOX_WEBHOOK_SECRET,
  });
}
