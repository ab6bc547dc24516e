import { Construct } from 'constructs';
import type { ApiService, ServiceTier } from '../../../lib/constructs/api-service.ts';
import { API_TIMEOUT, ServiceFunction, WORKER_TIMEOUT } from '../../../lib/constructs/service-function.ts';
import { ServiceSecret } from '../../../lib/constructs/service-secret.ts';
import type { Stage } from '../../../lib/stage.ts';
import { sandboxRoutes } from './sandbox.routes.ts';

/** What the shop and the sandbox share: the key that calls it and the secret that signs its webhooks. */
export class SandboxSecrets extends Construct {
  readonly #apiKey: ServiceSecret;
  readonly #webhookSecret: ServiceSecret;

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    this.#apiKey = new ServiceSecret(this, 'ApiKey', {
      stage,
      name: 'sandbox-api-key',
      description: 'Calls the sandbox payment provider',
    });
    this.#webhookSecret = new ServiceSecret(this, 'WebhookSecret', {
      stage,
      name: 'sandbox-webhook-secret',
      description: 'Signs the sandbox’s webhooks',
    });
  }

  grantCall(fn: ServiceFunction): void {
    this.#apiKey.grantRead(fn, 'SANDBOX_API_KEY_NAME');
  }

  grantSign(fn: ServiceFunction): void {
    this.#webhookSecret.grantRead(fn, 'SANDBOX_WEBHOOK_SECRET_NAME');
  }
}

export interface SandboxProviderProps extends ServiceTier {
  sandbox: SandboxSecrets;
}

/** A payment provider of our own, for test tokens: an API and a worker that delivers its signed webhooks. */
export class SandboxProvider extends Construct implements ApiService {
  readonly routes = sandboxRoutes;
  readonly api: ServiceFunction;

  constructor(scope: Construct, id: string, { stage, network, database, queues, sandbox }: SandboxProviderProps) {
    super(scope, id);
    this.api = new ServiceFunction(this, 'Api', {
      stage,
      network,
      name: 'sandbox',
      description: 'The sandbox payment provider',
      timeout: API_TIMEOUT,
      userFacing: true,
      concurrency: stage.concurrency.api,
    });
    database.connect(this.api, 'sandbox');
    sandbox.grantCall(this.api);
    queues.grantSend(this.api, ['sandbox-webhooks']);

    const webhooks = new ServiceFunction(this, 'Webhooks', {
      stage,
      network,
      name: 'sandbox-webhooks',
      description: 'Delivers the sandbox provider’s signed webhooks',
      timeout: WORKER_TIMEOUT,
      concurrency: stage.concurrency.worker,
    });
    sandbox.grantSign(webhooks);
    webhooks.join('gateway-clients');
    queues.consume('sandbox-webhooks', webhooks);
  }
}
