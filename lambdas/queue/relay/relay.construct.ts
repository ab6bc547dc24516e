import type { Construct } from 'constructs';
import { DeclaredService } from '../../../lib/constructs/declared-service.ts';
import type { ServiceTier } from '../../../lib/constructs/service-tier.ts';
import { relayService } from './relay.service.ts';

/** The outbox relay. */
export class OutboxRelay extends DeclaredService<typeof relayService> {
  constructor(scope: Construct, id: string, tier: ServiceTier) {
    super(scope, id, relayService, tier);
  }
}
