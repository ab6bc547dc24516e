import { Construct } from 'constructs';
import type { ApiService, ServiceTier } from '../../lib/constructs/api-service.ts';
import { API_TIMEOUT, ServiceFunction, WORKER_TIMEOUT } from '../../lib/constructs/service-function.ts';
import { catalogRoutes } from './catalog.routes.ts';

/** Products and their stock. */
export class CatalogService extends Construct implements ApiService {
  readonly routes = catalogRoutes;
  readonly api: ServiceFunction;

  constructor(scope: Construct, id: string, { stage, network, database, cache, queues }: ServiceTier) {
    super(scope, id);
    this.api = new ServiceFunction(this, 'Api', {
      stage,
      network,
      name: 'catalog',
      description: 'Products: list, read, create, change',
      timeout: API_TIMEOUT,
      userFacing: true,
      concurrency: stage.concurrency.api,
    });
    database.connect(this.api, 'catalog');
    cache.connect(this.api, 'catalog');
    queues.grantPublish(this.api, ['product.changed']);

    const invalidation = new ServiceFunction(this, 'Events', {
      stage,
      network,
      name: 'catalogue-events',
      description: 'Drops changed products from the cache',
      timeout: WORKER_TIMEOUT,
      concurrency: stage.concurrency.worker,
    });
    database.connect(invalidation, 'catalog');
    cache.connect(invalidation, 'catalog');
    queues.consume('catalogue-events', invalidation);
  }
}
