import { Construct } from 'constructs';
import type { ApiService, ServiceTier } from '../../lib/constructs/api-service.ts';
import { API_TIMEOUT, ServiceFunction, WORKER_TIMEOUT } from '../../lib/constructs/service-function.ts';
import { ScheduledJob } from '../../lib/constructs/scheduled-job.ts';
import type { EventType } from '../queue/events.ts';
import { paymentRoutes } from './payments.routes.ts';
import type { SandboxSecrets } from './sandbox/sandbox.construct.ts';

export interface PaymentsServiceProps extends ServiceTier {
  sandbox: SandboxSecrets;
}

/** Payments and refunds, through the provider that the stage names. */
export class PaymentsService extends Construct implements ApiService {
  readonly routes = paymentRoutes;
  readonly api: ServiceFunction;

  constructor(scope: Construct, id: string, props: PaymentsServiceProps) {
    super(scope, id);
    const { stage, network, cache } = props;
    const environment = { PAYMENT_PROVIDER: stage.paymentProvider };
    const common = { stage, network, environment };
    this.api = new ServiceFunction(this, 'Api', {
      ...common,
      name: 'payments',
      description: 'Payments: pay, read, refund; webhooks of the provider',
      timeout: API_TIMEOUT,
      userFacing: true,
      concurrency: stage.concurrency.api,
    });
    cache.connect(this.api, 'payments');
    props.sandbox.grantSign(this.api);
    connect(this.api, props, ['payment.captured', 'payment.declined', 'refund.requested']);

    const refunds = new ServiceFunction(this, 'Events', {
      ...common,
      name: 'payment-events',
      description: 'Gives money back through the provider',
      timeout: WORKER_TIMEOUT,
      concurrency: stage.concurrency.worker,
    });
    connect(refunds, props, ['refund.requested', 'payment.refunded']);
    props.queues.consume('payment-events', refunds);

    const conclusion = new ScheduledJob(this, 'Conclusion', {
      ...common,
      name: 'reconcile-payments',
      description: 'Asks the provider what became of payments that nobody told the end of',
    });
    connect(conclusion.function, props, ['payment.captured', 'payment.declined'], 'background');
  }
}

/** What all of them need: the payments' rows, the provider, and the queues of the events that they tell. */
function connect(
  fn: ServiceFunction,
  { database, queues, sandbox }: PaymentsServiceProps,
  tells: readonly EventType[],
  callerKind?: 'background',
): void {
  database.connect(fn, 'payments', callerKind);
  sandbox.grantCall(fn);
  fn.join('gateway-clients');
  queues.grantPublish(fn, tells);
}
