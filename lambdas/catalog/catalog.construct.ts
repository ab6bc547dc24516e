import type { Construct } from 'constructs';
import { DeclaredService } from '../../lib/constructs/declared-service.ts';
import type { ServiceTier } from '../../lib/constructs/service-tier.ts';
import { catalogService } from './catalog.service.ts';

/** Products and their stock: their API and the worker that removes changed products from the cache. */
export class CatalogService extends DeclaredService<typeof catalogService> {
  constructor(scope: Construct, id: string, tier: ServiceTier) {
    super(scope, id, catalogService, tier);
  }
}
