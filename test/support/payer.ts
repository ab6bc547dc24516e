import path from 'node:path';
import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ReadYourWrites } from '../../lambdas/database/read-your-writes.ts';
import { placeOrder } from '../../lambdas/orders/place-order.ts';
import { type PaymentDependencies, payOrder } from '../../lambdas/payments/pay-order.ts';
import { createSandboxProvider } from '../../lambdas/payments/sandbox-adapter.ts';
import { type OutboxRow, toEvent } from '../../lambdas/queue/outbox.ts';
import { sdkSettings } from '../../local/servers/emulator.ts';
import type { DomainEvent, EventType } from './events.ts';
import { makeProduct, makeUser } from './factories.ts';
import { cacheAs, databaseAs, endpoints, eventually, platformFolder, rows } from './platform.ts';

/** Reads a secret of the deployed stage. The payments function has the secret's name in the environment variable. */
async function deployedSecret(variable: string): Promise<string> {
  const settings = await sdkSettings({
    url: endpoints.aws,
    caFile: path.join(platformFolder, 'tls', 'cert.pem'),
    ours: true,
  });
  const { Configuration } = await new LambdaClient(settings).send(
    new GetFunctionCommand({ FunctionName: 'throughline-local-payments' }),
  );
  const SecretId = Configuration?.Environment?.Variables?.[variable];
  const { SecretString } = await new SecretsManagerClient(settings).send(new GetSecretValueCommand({ SecretId }));
  return SecretString as string;
}
const apiKey = await deployedSecret('SANDBOX_API_KEY_NAME');
export const webhookSecret = await deployedSecret('SANDBOX_WEBHOOK_SECRET_NAME');

/** The deployed sandbox provider, called over HTTP. */
export const provider = createSandboxProvider({
  baseUrl: `${endpoints.api}/sandbox-provider`,
  apiKey: async () => apiKey,
  webhookSecret: async () => webhookSecret,
});
/** Inserts a charge into the provider's tables. It sends no webhook, so no deployed function learns of the charge. */
export const chargeWithoutWebhook: typeof provider.charge = async ({ paymentId, amount, token }) => {
  const [charge] = await rows<{ id: string }>(
    `INSERT INTO sandbox.charges (idempotency_key, token, amount_minor, currency, status)
     VALUES ($1, $2, $3, $4, 'succeeded') RETURNING id`,
    [paymentId, token, amount.amountMinor, amount.currency],
  );
  return { status: 'captured', chargeId: charge?.id as string };
};
/** Leaves the events in the outbox. A test delivers those that it needs. */
export const publish = async () => {};

/** Ten connections of the payments service and one of the orders service. */
export const databases = Array.from({ length: 10 }, () => databaseAs('payments'));
export const orders = databaseAs('orders');
const caches = { payments: cacheAs('payments'), orders: cacheAs('orders') };
const clock = () => new Date();

export const payers = databases.map(
  (database): PaymentDependencies => ({
    database,
    data: new ReadYourWrites(database, caches.payments),
    provider,
    publish,
    clock,
  }),
);
export const payer = payers[0] as PaymentDependencies;
export const orderDeps = { data: new ReadYourWrites(orders, caches.orders), publish, clock };

export async function closeAll(): Promise<void> {
  await Promise.all([...databases, orders].map((database) => database.close()));
  for (const cache of Object.values(caches)) cache.close();
}

export async function unpaidOrder(onHand = 10) {
  const [userId, productId] = [await makeUser(), await makeProduct(onHand)];
  const { order } = await placeOrder(orderDeps, {
    userId,
    idempotencyKey: crypto.randomUUID(),
    items: [{ productId, quantity: 1 }],
  });
  if (!order) throw new Error('The order was not placed.');
  return { userId, productId, orderId: order.id };
}

export const pay = (
  index: number,
  userId: string,
  orderId: string,
  token = 'tok_approved',
  idempotencyKey: string = crypto.randomUUID(),
) =>
  payOrder(payers[index % payers.length] as PaymentDependencies, {
    userId,
    idempotencyKey,
    orderId,
    paymentMethod: { type: 'card', token },
    requestId: 'r',
  });

export const paymentsOf = (orderId: string) =>
  rows<{ id: string; status: string; version: number }>(
    'SELECT id, status, version FROM payments.payments WHERE order_id = $1 ORDER BY id',
    [orderId],
  );

/** Waits for an event in the outbox. The deployed workers process these payments too, so they may have written it. */
export const eventOf = <T extends EventType>(type: T, about: string): Promise<DomainEvent<T>> =>
  eventually(async () => {
    const [row] = await rows<OutboxRow & { [column: string]: unknown }>(
      `SELECT id, type, aggregate_id, payload, occurred_at FROM queue.outbox
       WHERE type = $1 AND (aggregate_id = $2 OR payload->>'paymentId' = $2::text)`,
      [type, about],
    );
    return row && (toEvent(row) as DomainEvent<T>);
  });
