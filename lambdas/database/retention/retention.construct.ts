import type { Construct } from 'constructs';
import { DeclaredService } from '../../../lib/constructs/declared-service.ts';
import type { ServiceTier } from '../../../lib/constructs/service-tier.ts';
import { retentionService } from './retention.service.ts';

/** The retention job: deletes rows past their retention period once a day. */
export class RetentionJob extends DeclaredService<typeof retentionService> {
  constructor(scope: Construct, id: string, tier: ServiceTier) {
    super(scope, id, retentionService, tier);
  }
}
