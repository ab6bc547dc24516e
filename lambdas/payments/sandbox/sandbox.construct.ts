import { Construct } from 'constructs';
import type { ApiService, ServiceTier } from '../../../lib/constructs/api-service.ts';
import { API_TIMEOUT, ServiceFunction, WORKER_TIMEOUT } from '../../../lib/constructs/service-function.ts';
import { stageSecret } from '../../../lib/constructs/stage-secret.ts';
import { sandboxRoutes } from './sandbox.routes.ts';

/** What the shop and the sandbox share: the key that calls it and the secret that signs its webhooks. */
export class SandboxSecrets extends Construct {
  connect(fn: ServiceFunction): void {
    fn.function.addEnvironment('SANDBOX_API_KEY', stageSecret(this, 'SandboxApiKey'));
    fn.function.addEnvironment('SANDBOX_WEBHOOK_SECRET', stageSecret(this, 'SandboxWebhookSecret'));
  }
}

export interface SandboxProviderProps extends ServiceTier {
  sandbox: SandboxSecrets;
}

/** A payment provider of our own, for test tokens: an API and a worker that delivers its signed webhooks. */
export class SandboxProvider extends Construct implements ApiService {
  readonly routes = sandboxRoutes;
  readonly api: ServiceFunction;

  constructor(scope: Construct, id: string, { stage, database, queues, sandbox }: SandboxProviderProps) {
    super(scope, id);
    this.api = new ServiceFunction(this, 'Api', {
      stage,
      name: 'sandbox',
      description: 'The sandbox payment provider',
      timeout: API_TIMEOUT,
      concurrency: stage.concurrency.api,
    });
    database.connect(this.api, 'sandbox');
    sandbox.connect(this.api);
    queues.grantSend(this.api, ['sandbox-webhooks']);

    const webhooks = new ServiceFunction(this, 'Webhooks', {
      stage,
      name: 'sandbox-webhooks',
      description: 'Delivers the sandbox provider’s signed webhooks',
      timeout: WORKER_TIMEOUT,
      concurrency: stage.concurrency.worker,
    });
    sandbox.connect(webhooks);
    queues.consume('sandbox-webhooks', webhooks);
  }
}
