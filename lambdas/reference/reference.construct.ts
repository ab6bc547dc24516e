import type { Construct } from 'constructs';
import { DeclaredService } from '../../lib/constructs/declared-service.ts';
import type { ServiceTier } from '../../lib/constructs/service-tier.ts';
import { referenceService } from './reference.service.ts';

/** Describes the API: the OpenAPI document, and a page of it. */
export class ReferenceService extends DeclaredService<typeof referenceService> {
  constructor(scope: Construct, id: string, tier: ServiceTier) {
    super(scope, id, referenceService, tier);
  }
}
