import * as z from 'zod';
import { publicOrigin, readEnv } from '../shared/env.ts';
import { logger } from '../shared/logger.ts';
import { createSecretReader } from '../shared/secrets.ts';
import { buyOnce } from './buy-once.ts';

const settings = () => readEnv({ BUYER_EMAIL: z.email(), BUYER_PASSWORD_NAME: z.string().min(1) });

/** A scheduled job that runs every five minutes. An error fails the invocation, which the function's alarm counts. */
export async function handler(): Promise<void> {
  const env = settings();
  const password = await createSecretReader(env.BUYER_PASSWORD_NAME)();
  const { orderId } = await buyOnce({ origin: publicOrigin(), email: env.BUYER_EMAIL, password });
  logger.info('synthetic order placed and cancelled', { orderId });
}
