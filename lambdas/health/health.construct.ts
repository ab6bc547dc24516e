import type { Construct } from 'constructs';
import { DeclaredService } from '../../lib/constructs/declared-service.ts';
import type { ServiceTier } from '../../lib/constructs/service-tier.ts';
import { healthService } from './health.service.ts';

/** Reports the state of each dependency. */
export class HealthService extends DeclaredService<typeof healthService> {
  constructor(scope: Construct, id: string, tier: ServiceTier) {
    super(scope, id, healthService, tier);
  }
}
