import { Construct } from 'constructs';
import type { ApiService, ServiceTier } from '../../lib/constructs/api-service.ts';
import { API_TIMEOUT, ServiceFunction, WORKER_TIMEOUT } from '../../lib/constructs/service-function.ts';
import { ScheduledJob } from '../../lib/constructs/scheduled-job.ts';
import { orderRoutes } from './orders.routes.ts';

/** Orders: their API, the worker that hears of payments, and the clock that lets unpaid ones expire. */
export class OrdersService extends Construct implements ApiService {
  readonly routes = orderRoutes;
  readonly api: ServiceFunction;

  constructor(scope: Construct, id: string, tier: ServiceTier) {
    super(scope, id);
    const { stage, network, database, cache, queues } = tier;
    this.api = new ServiceFunction(this, 'Api', {
      stage,
      network,
      name: 'orders',
      description: 'Orders: place, list, read, cancel',
      timeout: API_TIMEOUT,
      userFacing: true,
      concurrency: stage.concurrency.api,
    });
    database.connect(this.api, 'orders');
    cache.connect(this.api, 'orders');
    queues.grantPublish(this.api, ['order.placed', 'order.cancelled']);
    this.#addSettlement(tier);
    this.#addExpiry(tier);
  }

  #addSettlement({ stage, network, database, queues }: ServiceTier): void {
    const settlement = new ServiceFunction(this, 'Events', {
      stage,
      network,
      name: 'order-events',
      description: 'Moves orders on when payments say so',
      timeout: WORKER_TIMEOUT,
      concurrency: stage.concurrency.worker,
    });
    database.connect(settlement, 'orders');
    queues.grantPublish(settlement, ['order.paid', 'order.refunded', 'order.capture_refused']);
    queues.consume('order-events', settlement);
  }

  #addExpiry({ stage, network, database, queues }: ServiceTier): void {
    const expiry = new ScheduledJob(this, 'Expiry', {
      stage,
      network,
      name: 'expire-orders',
      description: 'Gives the stock of unpaid orders back when their time is over',
    });
    database.connect(expiry.function, 'orders', 'background');
    queues.grantPublish(expiry.function, ['order.expired']);
  }
}
