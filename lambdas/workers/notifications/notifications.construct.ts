import { Construct } from 'constructs';
import type { ApiService, ServiceTier } from '../../../lib/constructs/api-service.ts';
import { API_TIMEOUT, ServiceFunction, WORKER_TIMEOUT } from '../../../lib/constructs/service-function.ts';
import { notificationRoutes } from './notifications.routes.ts';

/** What a user is told: the API that shows it and the worker that writes it. */
export class NotificationsService extends Construct implements ApiService {
  readonly routes = notificationRoutes;
  readonly api: ServiceFunction;

  constructor(scope: Construct, id: string, { stage, network, database, cache, queues }: ServiceTier) {
    super(scope, id);
    this.api = new ServiceFunction(this, 'Api', {
      stage,
      network,
      name: 'notifications',
      description: 'Notifications: list, mark as read',
      timeout: API_TIMEOUT,
      userFacing: true,
      concurrency: stage.concurrency.api,
    });
    database.connect(this.api, 'notifications');
    cache.connect(this.api, 'notifications');

    const worker = new ServiceFunction(this, 'Worker', {
      stage,
      network,
      name: 'notification-worker',
      description: 'Writes notifications',
      timeout: WORKER_TIMEOUT,
      concurrency: stage.concurrency.worker,
    });
    database.connect(worker, 'notifications');
    queues.consume('notifications', worker);
  }
}
