import { Construct } from 'constructs';
import type { ApiService, ServiceTier } from '../../lib/constructs/api-service.ts';
import { API_TIMEOUT, ServiceFunction } from '../../lib/constructs/service-function.ts';
import { healthRoutes } from './health.routes.ts';

/** Tells the state of each dependency. */
export class HealthService extends Construct implements ApiService {
  readonly routes = healthRoutes;
  readonly api: ServiceFunction;

  constructor(scope: Construct, id: string, { stage, network, database, cache, queues }: ServiceTier) {
    super(scope, id);
    this.api = new ServiceFunction(this, 'Api', {
      stage,
      network,
      name: 'health',
      description: 'The state of each dependency',
      timeout: API_TIMEOUT,
      userFacing: true,
      concurrency: 5,
    });
    database.connect(this.api, 'health');
    cache.connect(this.api, 'health');
    queues.grantProbe(this.api, 'order-events');
  }
}
