import path from 'node:path';
import { Annotations, type App, CfnOutput, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { AuthService, SigningKey } from '../lambdas/auth/auth.construct.ts';
import { Authorizer } from '../lambdas/auth/authorizer.construct.ts';
import { Cache } from '../lambdas/cache/cache.construct.ts';
import { ValkeyCluster } from '../lambdas/cache/valkey.construct.ts';
import { CatalogService } from '../lambdas/catalog/catalog.construct.ts';
import { Aurora } from '../lambdas/database/aurora.construct.ts';
import { Database } from '../lambdas/database/database.construct.ts';
import { Migrations } from '../lambdas/database/migrate/migrate.construct.ts';
import { RetentionJob } from '../lambdas/database/retention/retention.construct.ts';
import { HealthService } from '../lambdas/health/health.construct.ts';
import { OrdersService } from '../lambdas/orders/orders.construct.ts';
import { PaymentsService } from '../lambdas/payments/payments.construct.ts';
import { SandboxProvider, SandboxSecrets } from '../lambdas/payments/sandbox/sandbox.construct.ts';
import { Queues } from '../lambdas/queue/queue.construct.ts';
import { OutboxRelay } from '../lambdas/queue/relay/relay.construct.ts';
import { ReferenceService } from '../lambdas/reference/reference.construct.ts';
import { assertDeclarations } from '../lambdas/registry.ts';
import { SyntheticBuyer } from '../lambdas/synthetic/synthetic-buyer.construct.ts';
import { EmailWorker, MailIdentity } from '../lambdas/workers/email/email.construct.ts';
import { NotificationsService } from '../lambdas/workers/notifications/notifications.construct.ts';
import { buildWeb } from '../web/build.ts';
import { acknowledgeHelpers } from './constructs/acknowledge.ts';
import { buildFolder } from './constructs/bundles.ts';
import type { ServiceTier } from './constructs/service-tier.ts';
import { Dns } from './edge/dns.ts';
import { Edge } from './edge/edge.ts';
import { Firewall } from './edge/firewall.ts';
import { Maintenance } from './edge/maintenance.ts';
import { ApiGateway } from './gateway/api-gateway.ts';
import { Balancer } from './gateway/balancer.ts';
import { PrivateApiRule } from './gateway/private-api-rule.ts';
import { EdgeAlarms } from './monitoring/edge-alarms.ts';
import { Monitoring } from './monitoring/monitoring.ts';
import { Network } from './network/network.ts';
import { Stacks } from './stacks.ts';
import type { Stage } from './stage.ts';
import { placeholdersIn } from './stage-context.ts';

/**
 * Composes the request path. A request enters at hop 1 and goes down to hops 9 and 10. A hop needs the hops below it, so
 * the path is composed from the bottom up. Constructs are passed on, and each grants access to the resources that it owns.
 * On a laptop the stage has no network, edge or load balancer: `local/servers/edge.ts` replaces them.
 */
export function composeApp(app: App, stage: Stage) {
  assertDeclarations();
  const stacks = new Stacks(app, stage);
  const state = composeState(stacks.get('state'), stage);
  const data = composeData(stacks, stage);
  const services = composeServices(stacks.get('services'), { stage, ...state, ...data });
  const gateway = composeGateway(stacks, stage, services, data.network);
  const edge = composeEdge(stacks, stage, gateway);
  const { network, aurora, valkey } = data;
  const { balancer } = gateway;
  if (stage.aws && network && aurora && valkey && balancer && edge) {
    const monitoring = {
      services: stacks.get('services'),
      queues: state.queues,
      mail: state.mail,
      gateway: gateway.gateway,
      balancer,
    };
    new Monitoring(stacks.get('monitoring'), 'Monitoring', { stage, plan: stage.aws, ...monitoring, aurora, valkey });
  }
  stacks.protectReferences();
  warnDeployer(stacks, stage);
  for (const stack of stacks.all) acknowledgeHelpers(stack);
  return stacks;
}

/** Resources that no deployment may replace: the signing key, the queues (hop 7), the mail identity and the secrets. */
function composeState(stack: Stack, stage: Stage) {
  return {
    signingKey: new SigningKey(stack, 'SigningKey', { stage }),
    queues: new Queues(stack, 'Queues', { stage }),
    mail: new MailIdentity(stack, 'Mail', { stage }),
    sandbox: new SandboxSecrets(stack, 'Sandbox', { stage }),
  };
}

/** Hops 9 and 10, and the network that they are in. On a laptop the servers run already. */
function composeData(stacks: Stacks, stage: Stage) {
  if (!stage.aws) return {};
  const network = new Network(stacks.get('network'), 'Network', { stage, plan: stage.aws });
  if (stage.database.kind !== 'aurora' || stage.cache.kind !== 'elasticache') return { network };
  const stack = stacks.get('data');
  const key = new kms.Key(stack, 'Key', {
    description: 'Encrypts the database and the cache',
    enableKeyRotation: true,
    // Kept with the cluster's final snapshot, which is encrypted with it.
    removalPolicy: stage.finalSnapshot ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
  });
  return {
    network,
    aurora: new Aurora(stack, 'Aurora', { stage, plan: stage.database, network, key }),
    valkey: new ValkeyCluster(stack, 'Valkey', { stage, plan: stage.cache, network, key }),
  };
}

type ServiceDependencies = ReturnType<typeof composeState> & ReturnType<typeof composeData> & { stage: Stage };

/** Hops 5, 6 and 8: auth, the business services and the workers. */
function composeServices(
  stack: Stack,
  { stage, network, aurora, valkey, signingKey, queues, mail, sandbox }: ServiceDependencies,
) {
  const database = new Database(stack, 'Database', { stage, ...(aurora && { aurora }) });
  const cache = new Cache(stack, 'Cache', { stage, ...(valkey && { valkey }) });
  const tier: ServiceTier = { stage, network, database, cache, queues };

  // Hops 5 and 6: they respond to requests.
  const api = {
    auth: new AuthService(stack, 'Auth', { ...tier, signingKey }),
    catalog: new CatalogService(stack, 'Catalog', tier),
    orders: new OrdersService(stack, 'Orders', tier),
    payments: new PaymentsService(stack, 'Payments', { ...tier, sandbox }),
    notifications: new NotificationsService(stack, 'Notifications', tier),
    health: new HealthService(stack, 'Health', tier),
    reference: new ReferenceService(stack, 'Reference', tier),
    provider: new SandboxProvider(stack, 'Sandbox', { ...tier, sandbox }),
    // npm run new-service adds a service here.
  };
  const authorizer = new Authorizer(stack, 'Authorizer', { ...tier, signingKey });

  // Hop 8: work after the response. The bulk queue has no worker yet; add it here.
  const workers = {
    relay: new OutboxRelay(stack, 'Relay', tier),
    retention: new RetentionJob(stack, 'Retention', tier),
    email: new EmailWorker(stack, 'Email', { ...tier, mail }),
  };

  if (stage.aws?.syntheticBuyer) new SyntheticBuyer(stack, 'SyntheticBuyer', tier);

  database.assertConnectionBudget();
  if (network && aurora) {
    const migrations = new Migrations(stack, 'Migrations', { ...tier, aurora });
    migrations.runBefore([...Object.values(api), authorizer, ...Object.values(workers)]);
  }
  return { api, authorizer, workers };
}

/** Hops 3 and 4: the load balancer, and the API Gateway in front of all services. */
function composeGateway(
  stacks: Stacks,
  stage: Stage,
  { api, authorizer }: ReturnType<typeof composeServices>,
  network: Network | undefined,
) {
  const stack = stacks.get(stage.aws ? 'gateway' : 'services');
  const gateway = new ApiGateway(stack, 'Api', { stage, network, authorizer, services: Object.values(api) });
  new CfnOutput(stack, 'ApiId', {
    value: gateway.id,
    description: 'The address that CDK prints does not work on emulators.',
  });
  new CfnOutput(stack, 'ApiStage', { value: gateway.stageName });
  if (!stage.aws || !network) return { gateway };

  const zone = zoneOf(stack, stage);
  const originName = new URL(stage.internalOrigin).hostname;
  const balancer = new Balancer(stack, 'Balancer', { stage, plan: stage.aws, network, zone, originName });
  const name = `${stage.regionalName}-api`;
  const firewall = new Firewall(stack, 'Firewall', {
    stage,
    name,
    scope: 'REGIONAL',
    rateLimit: stage.aws.wafRateLimit,
  });
  firewall.protect(gateway.api.deploymentStage.stageArn);
  new PrivateApiRule(stack, 'Rule', { api: gateway, balancer });
  return { gateway, balancer, originName };
}

/** Hops 1 and 2: DNS, the edge with its firewall, and the maintenance page. */
function composeEdge(stacks: Stacks, stage: Stage, { balancer, originName }: Partial<GatewayOnAws>) {
  if (!stage.aws || !balancer || !originName) return undefined;
  const stack = stacks.get('edge');
  const common = { stage, plan: stage.aws, zone: zoneOf(stack, stage) };
  const storefrontFolder = buildWeb(path.join(buildFolder(), 'storefront'));
  const edge = new Edge(stack, 'Edge', { ...common, balancer: balancer.balancer, originName, storefrontFolder });
  const { certificate, distribution } = edge;
  const maintenance = new Maintenance(stack, 'Maintenance', { stage, plan: stage.aws, certificate });
  const dns = new Dns(stack, 'Dns', { ...common, distribution, maintenance });
  new EdgeAlarms(stack, 'Alarms', { plan: stage.aws, edge, dns });
  return { edge, maintenance, dns };
}

type GatewayOnAws = { balancer: Balancer; originName: string };

/** Warns at synth: with placeholder values a deployment fails late, and the sandbox provider moves no money. */
function warnDeployer(stacks: Stacks, { aws, env, name, paymentProvider, retainData }: Stage): void {
  if (!aws) return;
  const missing = placeholdersIn({ ...aws, account: env.account });
  if (missing.length > 0) {
    Annotations.of(stacks.get('network')).addWarningV2(
      'throughline:placeholders',
      `Stage ${name} has placeholder values for ${missing.join(', ')}. Set your own before you deploy: see docs/deploy.md`,
    );
  }
  if (paymentProvider === 'sandbox' && retainData) {
    Annotations.of(stacks.get('services')).addWarningV2(
      'throughline:sandbox-payments',
      `Stage ${name} uses the sandbox payment provider, which moves no money: anyone can pay with tok_approved. Write a provider adapter before you sell: see lambdas/payments/README.md`,
    );
  }
}

function zoneOf(stack: Stack, { aws }: Stage): route53.IHostedZone {
  const { domain: zoneName = '', hostedZoneId = '' } = aws ?? {};
  return route53.HostedZone.fromHostedZoneAttributes(stack, 'Zone', { zoneName, hostedZoneId });
}
