import { type App, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AuthService, SigningKey } from '../lambdas/auth/auth.construct.ts';
import { Authorizer } from '../lambdas/auth/authorizer.construct.ts';
import { Cache } from '../lambdas/cache/cache.construct.ts';
import { CatalogService } from '../lambdas/catalog/catalog.construct.ts';
import { Database } from '../lambdas/database/database.construct.ts';
import { HealthService } from '../lambdas/health/health.construct.ts';
import { OrdersService } from '../lambdas/orders/orders.construct.ts';
import { PaymentsService } from '../lambdas/payments/payments.construct.ts';
import { SandboxProvider, SandboxSecrets } from '../lambdas/payments/sandbox/sandbox.construct.ts';
import { Queues } from '../lambdas/queue/queue.construct.ts';
import { OutboxRelay } from '../lambdas/queue/relay.construct.ts';
import { EmailWorker, MailIdentity } from '../lambdas/workers/email/email.construct.ts';
import { NotificationsService } from '../lambdas/workers/notifications/notifications.construct.ts';
import { ApiGateway } from './gateway/api-gateway.ts';
import type { Stage } from './stage.ts';

/**
 * The request path, from the top: DNS, edge, load balancer (AWS only; on a laptop `local/edge` stands in for the
 * three), API gateway, auth, services, queues, workers, database, cache. State is in a stack of its own; the other
 * can be replaced at any time. Constructs are handed on, and each grants access to what it owns.
 */
export function composeApp(app: App, stage: Stage): { state: StateStack; services: ServicesStack } {
  const props: StackProps = { env: stage.env, description: `Throughline, ${stage.name}` };
  const state = new StateStack(app, `throughline-${stage.name}-state`, { ...props, stage });
  const services = new ServicesStack(app, `throughline-${stage.name}-services`, { ...props, stage, state });
  return { state, services };
}

interface StateProps extends StackProps {
  stage: Stage;
}

/** What must outlive a deployment: the signing key, the queues, the mail identity and the secrets. */
export class StateStack extends Stack {
  readonly signingKey: SigningKey;
  readonly queues: Queues;
  readonly mail: MailIdentity;
  readonly sandbox: SandboxSecrets;

  constructor(scope: Construct, id: string, { stage, ...props }: StateProps) {
    super(scope, id, { ...props, terminationProtection: stage.retainData });
    this.signingKey = new SigningKey(this, 'SigningKey', { stage });
    this.queues = new Queues(this, 'Queues', { stage });
    this.mail = new MailIdentity(this, 'Mail', { stage });
    this.sandbox = new SandboxSecrets(this, 'Sandbox', { stage });
  }
}

interface ServicesProps extends StateProps {
  state: StateStack;
}

/** What runs: the gateway, the services behind it and the workers behind them. */
export class ServicesStack extends Stack {
  constructor(scope: Construct, id: string, { stage, state, ...props }: ServicesProps) {
    super(scope, id, props);
    const { queues, mail, signingKey, sandbox } = state;

    // Hops 9 and 10: the data that everything below is connected to.
    const database = new Database(this, 'Database', { stage });
    const cache = new Cache(this, 'Cache', { stage });
    const tier = { stage, database, cache, queues };

    // Hops 5 and 6: auth and the business services.
    const auth = new AuthService(this, 'Auth', { ...tier, signingKey });
    const catalog = new CatalogService(this, 'Catalog', tier);
    const orders = new OrdersService(this, 'Orders', tier);
    const payments = new PaymentsService(this, 'Payments', { ...tier, sandbox });
    const notifications = new NotificationsService(this, 'Notifications', tier);
    const health = new HealthService(this, 'Health', tier);
    const provider = new SandboxProvider(this, 'Sandbox', { ...tier, sandbox });

    // Hop 4: the one entry to all of them.
    const authorizer = new Authorizer(this, 'Authorizer', { stage, cache, signingKey });
    const api = new ApiGateway(this, 'Api', {
      stage,
      authorizer,
      services: [auth, catalog, orders, payments, notifications, health, provider],
    });

    // Hops 7 and 8: what happens after the answer.
    new OutboxRelay(this, 'Relay', tier);
    new EmailWorker(this, 'Email', { ...tier, mail });

    database.assertConnectionBudget();
    new CfnOutput(this, 'ApiId', {
      value: api.id,
      description: 'The address that CDK prints does not work on emulators.',
    });
    new CfnOutput(this, 'ApiStage', { value: api.stageName });
  }
}
