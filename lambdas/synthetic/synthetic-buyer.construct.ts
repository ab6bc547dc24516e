import type { Construct } from 'constructs';
import { DeclaredService } from '../../lib/constructs/declared-service.ts';
import { ServiceSecret } from '../../lib/constructs/service-secret.ts';
import type { ServiceTier } from '../../lib/constructs/service-tier.ts';
import { syntheticService } from './synthetic.service.ts';

/** SES's mailbox simulator. It accepts all mails and does not affect the sender's reputation. */
const BUYER_EMAIL = 'success@simulator.amazonses.com';

/** The synthetic buyer. Its alarm reports within minutes that customers cannot buy, whichever hop fails. */
export class SyntheticBuyer extends DeclaredService<typeof syntheticService> {
  constructor(scope: Construct, id: string, tier: ServiceTier) {
    super(scope, id, syntheticService, tier, { BUYER_EMAIL });
    const password = new ServiceSecret(this, 'Password', {
      stage: tier.stage,
      name: 'synthetic-buyer',
      description: 'The log-in of the synthetic buyer',
    });
    password.grantRead(this.functionNamed('synthetic-buyer'), 'BUYER_PASSWORD_NAME');
  }
}
