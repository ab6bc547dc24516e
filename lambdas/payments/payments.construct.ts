import type { Construct } from 'constructs';
import { DeclaredService } from '../../lib/constructs/declared-service.ts';
import type { ServiceTier } from '../../lib/constructs/service-tier.ts';
import { paymentsService } from './payments.service.ts';
import type { SandboxSecrets } from './sandbox/sandbox.construct.ts';

export interface PaymentsServiceProps extends ServiceTier {
  sandbox: SandboxSecrets;
}

/** Payments and refunds, through the stage's payment provider. */
export class PaymentsService extends DeclaredService<typeof paymentsService> {
  constructor(scope: Construct, id: string, { sandbox, ...tier }: PaymentsServiceProps) {
    super(scope, id, paymentsService, tier, { PAYMENT_PROVIDER: tier.stage.paymentProvider });
    for (const fn of this.functions) {
      sandbox.grantCall(fn);
      fn.join('gateway-clients');
    }
    sandbox.grantSign(this.api);
  }
}
