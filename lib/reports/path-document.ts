import { readFlows, readResources, type TemplateResource } from './template-resources.ts';

type Json = TemplateResource['properties'][string];
type Describe = (properties: Record<string, Json>, all: TemplateResource[]) => string;

interface Row {
  duty: string;
  type: string;
  where?: (resource: TemplateResource) => boolean;
  what: Describe;
  test: string;
}

const acu: Describe = ({ ServerlessV2ScalingConfiguration: scale }) =>
  `${scale.MinCapacity} to ${scale.MaxCapacity} ACU`;
const isQueue = (name: string) => (each: TemplateResource) => String(each.properties.QueueName).endsWith(name);
const functionNamed = (name: string) => (each: TemplateResource) =>
  each.properties.Environment?.Variables?.POWERTOOLS_SERVICE_NAME === name;
const lambda: Describe = ({ MemorySize, ReservedConcurrentExecutions: most }) =>
  `${MemorySize} MiB, ${most === undefined ? 'unbounded' : `at most ${most} at once`}`;
const service = (duty: string, name: string, test: string): Row => ({
  duty,
  type: 'AWS::Lambda::Function',
  where: functionNamed(name),
  what: lambda,
  test,
});
const policies = (wanted: string) => (each: TemplateResource) =>
  JSON.stringify(each.properties.TargetTrackingScalingPolicyConfiguration ?? '').includes(wanted);

/** What the architecture promises, hop by hop: the resource that keeps it and the test that shows it. */
const ROWS: Row[] = [
  {
    duty: 'DNS: the name, over both protocols',
    type: 'AWS::Route53::RecordSet',
    where: ({ properties }) => properties.Failover === 'PRIMARY',
    what: ({ Type }) => `alias ${Type}`,
    test: 'test/synth/edge.test.ts',
  },
  {
    duty: 'CDN: files at the edge, the API behind it',
    type: 'AWS::CloudFront::Distribution',
    what: ({ DistributionConfig: { HttpVersion, PriceClass } }) => `${HttpVersion}, ${PriceClass}`,
    test: 'test/synth/edge.test.ts',
  },
  {
    duty: 'Firewall at the edge and at the API',
    type: 'AWS::WAFv2::WebACL',
    what: ({ Scope, Rules }) => `${Scope.toLowerCase()}, ${Rules.length} rules`,
    test: 'test/synth/edge.test.ts, gateway.test.ts',
  },
  {
    duty: 'HTTPS everywhere: certificates',
    type: 'AWS::CertificateManager::Certificate',
    what: ({ DomainName }) => DomainName,
    test: 'test/synth/edge.test.ts',
  },
  {
    duty: 'HTTPS everywhere: refused without',
    type: 'AWS::SQS::QueuePolicy',
    what: () => 'denies what is not TLS',
    test: 'test/synth/messaging.test.ts',
  },
  {
    duty: 'Balancer over all zones',
    type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
    what: ({ Scheme, Subnets }) => `${Scheme}, ${Subnets.length} zones`,
    test: 'test/synth/gateway.test.ts',
  },
  {
    duty: 'Reroute on a dead server',
    type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
    what: ({ HealthCheckIntervalSeconds, Targets }) =>
      `${Targets.length} targets, asked every ${HealthCheckIntervalSeconds} s`,
    test: 'test/synth/gateway.test.ts, test/failure',
  },
  {
    duty: 'Reroute when the region does not answer',
    type: 'AWS::Route53::HealthCheck',
    what: ({ HealthCheckConfig: { FailureThreshold } }) => `${FailureThreshold} failures, then the maintenance page`,
    test: 'test/synth/edge.test.ts',
  },
  {
    duty: 'Gateway: routing',
    type: 'AWS::ApiGateway::RestApi',
    where: ({ stack }) => stack === 'gateway',
    what: ({ EndpointConfiguration }) => EndpointConfiguration.Types[0].toLowerCase(),
    test: 'test/path/gateway.test.ts',
  },
  {
    duty: 'Gateway: token check',
    type: 'AWS::ApiGateway::Authorizer',
    what: ({ AuthorizerResultTtlInSeconds }) => `asked each time (kept ${AuthorizerResultTtlInSeconds} s)`,
    test: 'test/path/auth.test.ts',
  },
  {
    duty: 'Gateway: rate limiting and logging',
    type: 'AWS::ApiGateway::Stage',
    where: ({ stack }) => stack === 'gateway',
    what: ({ MethodSettings }) => `${MethodSettings.length} methods limited, one line a request`,
    test: 'test/synth/gateway.test.ts',
  },
  service('Auth', 'auth', 'test/path/auth.test.ts'),
  service('Catalogue', 'catalog', 'test/path/gateway.test.ts'),
  service('Orders', 'orders', 'test/integration/place-order.test.ts'),
  service('Payments', 'payments', 'test/integration/payments.test.ts'),
  {
    duty: 'Horizontal scaling: services',
    type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
    where: policies('LambdaProvisioned'),
    what: ({ TargetTrackingScalingPolicyConfiguration: { TargetValue } }) =>
      `more when ${TargetValue * 100} % are busy`,
    test: 'test/synth/functions.test.ts',
  },
  {
    duty: 'Queue',
    type: 'AWS::SQS::Queue',
    where: isQueue('order-events'),
    what: ({ RedrivePolicy }) => `dead letter after ${RedrivePolicy.maxReceiveCount}`,
    test: 'test/synth/messaging.test.ts',
  },
  service('E-mail worker', 'email', 'test/path/purchase.test.ts'),
  service('Notification worker', 'notification-worker', 'test/path/purchase.test.ts'),
  {
    duty: 'Bulk worker’s queue; the worker’s slot is in lib/request-path.ts',
    type: 'AWS::SQS::Queue',
    where: isQueue('bulk-jobs'),
    what: ({ RedrivePolicy }) => `dead letter after ${RedrivePolicy.maxReceiveCount}`,
    test: 'test/synth/messaging.test.ts',
  },
  {
    duty: 'Worker autoscaling',
    type: 'AWS::Lambda::EventSourceMapping',
    what: ({ ScalingConfig }) => `up to ${ScalingConfig.MaximumConcurrency} at once with the backlog`,
    test: 'test/synth/functions.test.ts',
  },
  { duty: 'Primary; vertical scaling', type: 'AWS::RDS::DBCluster', what: acu, test: 'test/synth/data.test.ts' },
  {
    duty: 'Replicas; automatic failover',
    type: 'AWS::RDS::DBInstance',
    where: ({ id }) => id.includes('Reader'),
    what: ({ PromotionTier }) => `promotion tier ${PromotionTier}`,
    test: 'test/synth/data.test.ts, test/failure',
  },
  {
    duty: 'Horizontal scaling: readers',
    type: 'AWS::ApplicationAutoScaling::ScalableTarget',
    where: ({ properties }) => properties.ServiceNamespace === 'rds',
    what: ({ MinCapacity, MaxCapacity }) => `${MinCapacity} to ${MaxCapacity}`,
    test: 'test/synth/data.test.ts',
  },
  {
    duty: 'Connections through a failover',
    type: 'AWS::RDS::DBProxy',
    what: () => 'TLS and IAM only',
    test: 'test/synth/data.test.ts',
  },
  {
    duty: 'Cache',
    type: 'AWS::ElastiCache::ReplicationGroup',
    what: ({ CacheNodeType, NumCacheClusters }) => `${CacheNodeType}, ${NumCacheClusters} node(s)`,
    test: 'test/synth/data.test.ts, test/failure',
  },
];

/** `docs/path.md`: made from the synthesized templates of `dev` and `prod`, so that it cannot tell what is not so. */
export function pathDocument(assemblies: Record<'dev' | 'prod', string>): string {
  const dev = readResources(assemblies.dev, 'dev');
  const prod = readResources(assemblies.prod, 'prod');
  const rows = ROWS.map((row) => {
    const found = prod.filter((each) => matches(row, each));
    const stacks = [...new Set([...found, ...dev.filter((each) => matches(row, each))].map(({ stack }) => stack))];
    return `| ${row.duty} | \`${row.type}\` | ${stacks.join(', ')} | ${summary(row, dev)} | ${summary(row, prod)} | ${row.test} |`;
  });
  return [
    '# The request path, as the templates have it',
    '',
    'Made by `npm run docs` from the synthesized stages; a test fails when it is stale.',
    '',
    '| duty | resource | stack | dev | prod | shown by |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    '## Who may connect to whom',
    '',
    'From the security groups of the templates; what is not here is refused.',
    '',
    ...(['dev', 'prod'] as const).flatMap((stage) => flowTable(stage, stage === 'dev' ? dev : prod)),
  ].join('\n');
}

const matches = (row: Row, each: TemplateResource) => each.type === row.type && (row.where?.(each) ?? true);

/** What a stage has of it: how many, and of what size. */
function summary(row: Row, resources: TemplateResource[]): string {
  const found = resources.filter((each) => matches(row, each)).map((each) => row.what(each.properties, resources));
  if (found.length === 0) return '–';
  const kinds = [...new Set(found)];
  return kinds.map((kind) => `${found.filter((each) => each === kind).length} × ${kind}`).join('; ');
}

function flowTable(stage: string, resources: TemplateResource[]): string[] {
  const rows = readFlows(resources).map(({ from, to, port }) => `| ${from} | ${to} | ${port} |`);
  return [`### ${stage}`, '', '| from | to | port |', '|---|---|---|', ...rows, ''];
}
