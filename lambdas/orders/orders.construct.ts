import type { Construct } from 'constructs';
import { DeclaredService } from '../../lib/constructs/declared-service.ts';
import type { ServiceTier } from '../../lib/constructs/service-tier.ts';
import { ordersService } from './orders.service.ts';

/** Orders: their API, the worker that consumes payment events, and the job that expires unpaid orders. */
export class OrdersService extends DeclaredService<typeof ordersService> {
  constructor(scope: Construct, id: string, tier: ServiceTier) {
    super(scope, id, ordersService, tier);
  }
}
