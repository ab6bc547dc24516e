import { Construct } from 'constructs';
import { DeclaredService } from '../../../lib/constructs/declared-service.ts';
import type { ServiceFunction } from '../../../lib/constructs/service-function.ts';
import { ServiceSecret } from '../../../lib/constructs/service-secret.ts';
import type { ServiceTier } from '../../../lib/constructs/service-tier.ts';
import type { Stage } from '../../../lib/stage.ts';
import { sandboxService } from './sandbox.service.ts';

/** The secrets that the payments service and the sandbox share: the sandbox's API key and its webhook secret. */
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

/** The test payment provider: an API and a worker that sends its signed webhooks. */
export class SandboxProvider extends DeclaredService<typeof sandboxService> {
  constructor(scope: Construct, id: string, { sandbox, ...tier }: SandboxProviderProps) {
    super(scope, id, sandboxService, tier);
    sandbox.grantCall(this.api);
    const webhooks = this.functionNamed('sandbox-webhooks');
    sandbox.grantSign(webhooks);
    webhooks.join('gateway-clients');
  }
}
