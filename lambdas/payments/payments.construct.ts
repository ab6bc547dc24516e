import { Construct } from 'constructs';
import type { ApiService, ServiceTier } from '../../lib/constructs/api-service.ts';
import { API_TIMEOUT, ServiceFunction, WORKER_TIMEOUT } from '../../lib/constructs/service-function.ts';
import { paymentRoutes } from './payments.routes.ts';
import type { SandboxSecrets } from './sandbox/sandbox.construct.ts';

export interface PaymentsServiceProps extends ServiceTier {
  sandbox: SandboxSecrets;
}

/** Payments and refunds, through the provider that the stage names. */
export class PaymentsService extends Construct implements ApiService {
  readonly routes = paymentRoutes;
  readonly api: ServiceFunction;

  constructor(
    scope: Construct,
    id: string,
    { stage, network, database, cache, queues, sandbox }: PaymentsServiceProps,
  ) {
    super(scope, id);
    const environment = { PAYMENT_PROVIDER: stage.paymentProvider };
    this.api = new ServiceFunction(this, 'Api', {
      stage,
      network,
      name: 'payments',
      description: 'Payments: pay, read, refund; webhooks of the provider',
      timeout: API_TIMEOUT,
      frontline: true,
      concurrency: stage.concurrency.api,
      environment,
    });
    database.connect(this.api, 'payments');
    cache.connect(this.api, 'payments');
    sandbox.grantCall(this.api);
    sandbox.grantSign(this.api);
    this.api.join('gateway-clients');
    queues.grantPublish(this.api, ['payment.captured', 'payment.declined', 'refund.requested']);

    const refunds = new ServiceFunction(this, 'Events', {
      stage,
      network,
      name: 'payment-events',
      description: 'Gives money back through the provider',
      timeout: WORKER_TIMEOUT,
      concurrency: stage.concurrency.worker,
      environment,
    });
    database.connect(refunds, 'payments');
    sandbox.grantCall(refunds);
    sandbox.grantSign(refunds);
    refunds.join('gateway-clients');
    queues.grantPublish(refunds, ['refund.requested', 'payment.refunded']);
    queues.consume('payment-events', refunds);
  }
}
