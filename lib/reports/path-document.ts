import { existsSync } from 'node:fs';
import path from 'node:path';
import { declaredFunctions } from '../../lambdas/registry.ts';
import { hopRows } from './hop-table.ts';
import { keptRows } from './kept-resources.ts';
import { readFlows, readResources, type TemplateResource } from './template-resources.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

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
  `${MemorySize} MiB, ${most === undefined ? 'no concurrency limit' : `concurrency limit ${most}`}`;
/** The functions of a kind, as the services declare them: a new service has its row by itself. */
const functionRows = (kind: 'api' | 'worker'): Row[] =>
  declaredFunctions('aws')
    .filter((fn) => fn.kind === kind)
    .map(({ name, service }) => ({
      duty: kind === 'api' ? `Service: ${name}` : `Worker: ${name}`,
      type: 'AWS::Lambda::Function',
      where: functionNamed(name),
      what: lambda,
      test: testOf(service.name),
    }));

/** A service's own test. Those without one are part of the purchase that goes through all hops. */
function testOf(service: string): string {
  const own = ['path', 'integration'].map((suite) => `test/${suite}/${service}.test.ts`);
  return own.find((file) => existsSync(path.join(ROOT, file))) ?? 'test/path/purchase.test.ts';
}

const policies = (metric: string) => (each: TemplateResource) =>
  JSON.stringify(each.properties.TargetTrackingScalingPolicyConfiguration ?? '').includes(metric);

/** The requirements of each hop, with the resource that meets each one and the test that verifies it. */
const ROWS: Row[] = [
  {
    duty: 'DNS: the domain, over IPv4 and IPv6',
    type: 'AWS::Route53::RecordSet',
    where: ({ properties }) => properties.Failover === 'PRIMARY',
    what: ({ Type }) => `alias ${Type}`,
    test: 'test/synth/edge.test.ts',
  },
  {
    duty: 'CDN: the storefront and the API',
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
    duty: 'HTTPS everywhere: other requests denied',
    type: 'AWS::SQS::QueuePolicy',
    what: () => 'denies requests without TLS',
    test: 'test/synth/messaging.test.ts',
  },
  {
    duty: 'Load balancing over all zones',
    type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
    what: ({ Scheme, Subnets }) => `${Scheme}, ${Subnets.length} zones`,
    test: 'test/synth/gateway.test.ts',
  },
  {
    duty: 'Failover from an unhealthy target',
    type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
    what: ({ HealthCheckIntervalSeconds, Targets }) =>
      `${Targets.length} targets, checked every ${HealthCheckIntervalSeconds} s`,
    test: 'test/synth/gateway.test.ts, test/failure',
  },
  {
    duty: 'Failover when the region is unavailable',
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
    what: ({ AuthorizerResultTtlInSeconds }) => `called for each request (cached ${AuthorizerResultTtlInSeconds} s)`,
    test: 'test/path/auth.test.ts',
  },
  {
    duty: 'Gateway: rate limiting and logging',
    type: 'AWS::ApiGateway::Stage',
    where: ({ stack }) => stack === 'gateway',
    what: ({ MethodSettings }) => `${MethodSettings.length} methods limited, one log line per request`,
    test: 'test/synth/gateway.test.ts',
  },
  ...functionRows('api'),
  {
    duty: 'Horizontal scaling: services',
    type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
    where: policies('LambdaProvisioned'),
    what: ({ TargetTrackingScalingPolicyConfiguration: { TargetValue } }) =>
      `scales out at ${TargetValue * 100} % utilization`,
    test: 'test/synth/functions.test.ts',
  },
  {
    duty: 'Queue',
    type: 'AWS::SQS::Queue',
    where: isQueue('order-events'),
    what: ({ RedrivePolicy }) => `dead letter after ${RedrivePolicy.maxReceiveCount} receives`,
    test: 'test/synth/messaging.test.ts',
  },
  ...functionRows('worker'),
  {
    duty: 'Queue of bulk jobs; the worker is not there yet',
    type: 'AWS::SQS::Queue',
    where: isQueue('bulk-jobs'),
    what: ({ RedrivePolicy }) => `dead letter after ${RedrivePolicy.maxReceiveCount} receives`,
    test: 'test/synth/messaging.test.ts',
  },
  {
    duty: 'Worker autoscaling',
    type: 'AWS::Lambda::EventSourceMapping',
    what: ({ ScalingConfig }) => `scales with the backlog, up to ${ScalingConfig.MaximumConcurrency} at once`,
    test: 'test/synth/functions.test.ts',
  },
  { duty: 'Writer; vertical scaling', type: 'AWS::RDS::DBCluster', what: acu, test: 'test/synth/data.test.ts' },
  {
    duty: 'Readers; automatic failover',
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
    duty: 'Connections kept during a failover',
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

/** `docs/path.md`, generated from the synthesized templates of `dev` and `prod` so that it always matches them. */
export function pathDocument(assemblies: Record<'dev' | 'prod', string>): string {
  const dev = readResources(assemblies.dev);
  const prod = readResources(assemblies.prod);
  const rows = ROWS.map((row) => {
    const found = prod.filter((each) => matches(row, each));
    const stacks = [...new Set([...found, ...dev.filter((each) => matches(row, each))].map(({ stack }) => stack))];
    return `| ${row.duty} | \`${row.type}\` | ${stacks.join(', ')} | ${summary(row, dev)} | ${summary(row, prod)} | ${row.test} |`;
  });
  return [
    '# The request path in the templates',
    '',
    'Generated by `npm run docs` from the synthesized stages. A test fails when it is out of date.',
    '',
    '| requirement | resource | stack | dev | prod | verified by |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    '## Reserved concurrency',
    '',
    'The sum over all functions. The account needs this much, and 100 more that AWS keeps unreserved.',
    '',
    '| stage | reserved |',
    '|---|---|',
    `| dev | ${reservedConcurrency(dev)} |`,
    `| prod | ${reservedConcurrency(prod)} |`,
    '',
    '## What each hop costs',
    '',
    'In USD: a month of it, idle, and a million calls of the API. The prices are those of `npm run cost`. The time is AWS’s to say: where it',
    'publishes no figure, the metric shows it on a deployed stage. On a laptop these hops do not exist.',
    '',
    '| hop | buys | `dev` a month | `prod` a month | a million calls | latency |',
    '|---|---|---|---|---|---|',
    ...hopRows(dev, prod),
    '',
    '## What a destroy keeps',
    '',
    '`cdk destroy --all` deletes everything else. A retained resource costs money until it is deleted by hand.',
    '',
    '| stage | stack | resource | kept |',
    '|---|---|---|---|',
    ...(['dev', 'prod'] as const).flatMap((stage) => keptRows(stage, stage === 'dev' ? dev : prod)),
    '',
    '## Allowed connections',
    '',
    'From the security groups of the templates. All other traffic is denied.',
    '',
    ...(['dev', 'prod'] as const).flatMap((stage) => flowTable(stage, stage === 'dev' ? dev : prod)),
  ].join('\n');
}

const reservedConcurrency = (resources: TemplateResource[]): number =>
  resources
    .filter(({ type }) => type === 'AWS::Lambda::Function')
    .reduce((sum, { properties }) => sum + (properties.ReservedConcurrentExecutions ?? 0), 0);

const matches = (row: Row, each: TemplateResource) => each.type === row.type && (row.where?.(each) ?? true);

/** The number and size of a row's resources in a stage. */
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
