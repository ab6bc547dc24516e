import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { TemplateResource } from './template-resources.ts';

const { prices, hoursAMonth, ...about } = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'prices.json'), 'utf8'),
) as {
  prices: Record<string, [number, string]>;
  hoursAMonth: number;
  region: string;
  enteredOn: string;
  source: string;
};
export const PRICE_LIST = about;

/** What one order brings with it. Guesses of a shop with ten looks a sale; change them to yours. */
export const PER_ORDER = {
  apiCalls: 14,
  fileRequests: 20,
  /** Functions run for it, the token check and the workers included, and how long each takes. */
  invocations: 28,
  secondsEach: 0.03,
  gibEach: 0.6,
  queueRequests: 24,
  mails: 2,
  signatures: 1,
  databaseIos: 60,
  logKilobytes: 25,
  databaseKilobytes: 6,
  /** Aurora capacity for each order a second, on the writer. */
  acu: 0.15,
};

/** Not in the sum, whatever the load. */
export const NOT_INCLUDED = [
  'traffic to the internet and between zones',
  'backups beyond the free share',
  'X-Ray traces past the free tier',
  'data through the interface endpoints, and the second endpoint of the proxy',
  'probes of the health check, the sweeps and the synthetic buyer',
  'access logs, flow logs and the firewall’s log',
  'readers and warm functions that autoscaling adds',
  'custom metrics (about 10 names a function that counts)',
  'the hosted zone, which exists already',
  'AWS Support and taxes',
];

const price = (name: string): number => {
  const found = prices[name];
  if (!found) throw new Error(`lib/reports/prices.json has no price for ${name}.`);
  return found[0];
};
const MILLION = 1_000_000;

export interface CostLine {
  what: string;
  usdAMonth: number;
}

/** What a stage costs a month at so many orders a second, all month long; 0 is idle. */
export function monthlyCost(resources: TemplateResource[], ordersPerSecond: number): CostLine[] {
  return [...standing(resources), ...database(resources, ordersPerSecond), ...used(ordersPerSecond)]
    .map((line) => ({ ...line, usdAMonth: Math.round(line.usdAMonth * 100) / 100 }))
    .filter(({ usdAMonth }) => usdAMonth > 0);
}

/** What costs the same whether anybody comes or not. */
function standing(resources: TemplateResource[]): CostLine[] {
  const of = (type: string) => resources.filter((each) => each.type === type);
  const sum = (type: string, each: (properties: TemplateResource['properties']) => number) =>
    of(type).reduce((total, { properties }) => total + each(properties), 0);
  const hours = (name: string) => price(name) * hoursAMonth;
  const warmGib = sum('AWS::Lambda::Alias', (alias) => {
    const warm = alias.ProvisionedConcurrencyConfig?.ProvisionedConcurrentExecutions ?? 0;
    const name = JSON.stringify(alias.FunctionName);
    const fn = of('AWS::Lambda::Function').find(({ id }) => name.includes(`"${id}"`));
    return (warm * Number(fn?.properties.MemorySize ?? 512)) / 1024;
  });
  return [
    {
      what: 'Interface endpoints',
      usdAMonth:
        sum('AWS::EC2::VPCEndpoint', (p) => (p.VpcEndpointType === 'Interface' ? p.SubnetIds.length : 0)) *
        hours('endpointHour'),
    },
    {
      what: 'Load balancer',
      usdAMonth: of('AWS::ElasticLoadBalancingV2::LoadBalancer').length * hours('balancerHour'),
    },
    {
      what: 'Cache nodes',
      usdAMonth: sum('AWS::ElastiCache::ReplicationGroup', (p) => p.NumCacheClusters * hours(p.CacheNodeType)),
    },
    { what: 'Keys', usdAMonth: of('AWS::KMS::Key').length * price('keyMonth') },
    { what: 'Secrets', usdAMonth: of('AWS::SecretsManager::Secret').length * price('secretMonth') },
    {
      what: 'Firewalls',
      usdAMonth: sum('AWS::WAFv2::WebACL', (p) => price('firewallMonth') + p.Rules.length * price('firewallRuleMonth')),
    },
    { what: 'Health check', usdAMonth: of('AWS::Route53::HealthCheck').length * price('healthCheckMonth') },
    { what: 'Warm functions', usdAMonth: warmGib * 3600 * hoursAMonth * price('provisionedGbSecond') },
    {
      what: 'Alarms and dashboard',
      usdAMonth:
        of('AWS::CloudWatch::Alarm').length * price('alarmMonth') +
        of('AWS::CloudWatch::CompositeAlarm').length * price('compositeAlarmMonth') +
        of('AWS::CloudWatch::Dashboard').length * price('dashboardMonth'),
    },
  ];
}

/** Awake hours a day of a cluster that sleeps: a sweep every six hours, each keeping it up for its pause. */
const SWEEPS_A_DAY = 4;
const LEAST_AWAKE_ACU = 0.5;
const PROXY_LEAST_ACU = 8;

function database(resources: TemplateResource[], ordersPerSecond: number): CostLine[] {
  const cluster = resources.find(({ type }) => type === 'AWS::RDS::DBCluster');
  if (!cluster) return [];
  const { MinCapacity, MaxCapacity, SecondsUntilAutoPause = 0 } = cluster.properties.ServerlessV2ScalingConfiguration;
  const instances = resources.filter(({ type }) => type === 'AWS::RDS::DBInstance').length;
  const wanted = Math.max(MinCapacity, LEAST_AWAKE_ACU, ordersPerSecond * PER_ORDER.acu);
  const acu = Math.min(MaxCapacity, wanted);
  const sleeps = MinCapacity === 0 && ordersPerSecond === 0;
  const awakeHours = sleeps ? (hoursAMonth / 24) * SWEEPS_A_DAY * (SecondsUntilAutoPause / 3600) : hoursAMonth;
  const proxies = resources.filter(({ type }) => type === 'AWS::RDS::DBProxy').length;
  const perMonth = ordersPerSecond * 3600 * hoursAMonth;
  return [
    { what: 'Aurora capacity', usdAMonth: acu * instances * awakeHours * price('acuHour') },
    {
      what: 'Aurora proxy',
      usdAMonth: proxies * Math.max(PROXY_LEAST_ACU, acu * instances) * hoursAMonth * price('proxyAcuHour'),
    },
    {
      what: 'Aurora storage',
      usdAMonth: (10 + (perMonth * PER_ORDER.databaseKilobytes) / MILLION) * price('auroraGbMonth'),
    },
    {
      what: 'Aurora reads and writes',
      usdAMonth: ((perMonth * PER_ORDER.databaseIos) / MILLION) * price('auroraMillionIo'),
    },
  ];
}

/** What is paid by use. */
function used(ordersPerSecond: number): CostLine[] {
  const orders = ordersPerSecond * 3600 * hoursAMonth;
  const millions = (perOrder: number) => (orders * perOrder) / MILLION;
  const { apiCalls, fileRequests, invocations, secondsEach, gibEach } = PER_ORDER;
  return [
    {
      what: 'Functions',
      usdAMonth:
        millions(invocations) * (price('lambdaMillion') + secondsEach * gibEach * MILLION * price('lambdaGbSecond')),
    },
    { what: 'API Gateway', usdAMonth: millions(apiCalls) * price('apiMillion') },
    { what: 'CloudFront', usdAMonth: millions(apiCalls + fileRequests) * price('cloudFrontMillion') },
    { what: 'Firewalls, by request', usdAMonth: millions(apiCalls * 2 + fileRequests) * price('firewallMillion') },
    {
      what: 'Load balancer, by use',
      usdAMonth: (ordersPerSecond * apiCalls * hoursAMonth * price('balancerCapacityUnitHour')) / 25,
    },
    { what: 'Queues', usdAMonth: millions(PER_ORDER.queueRequests) * price('queueMillion') },
    { what: 'Mails', usdAMonth: ((orders * PER_ORDER.mails) / 1_000) * price('mailThousand') },
    { what: 'Signatures', usdAMonth: millions(PER_ORDER.signatures) * price('millionSignatures') },
    { what: 'Logs', usdAMonth: millions(PER_ORDER.logKilobytes) * price('logGb') },
  ];
}

/**
 * Whether the stage's bounds carry so many orders a second: functions at once, and the database's largest size.
 * @returns what gives way first, or undefined
 */
export function limitOf(resources: TemplateResource[], ordersPerSecond: number): string | undefined {
  const orders = resources.find((each) => each.properties.Environment?.Variables?.POWERTOOLS_SERVICE_NAME === 'orders');
  const most = orders?.properties.ReservedConcurrentExecutions;
  const [LOOKS_AND_ORDERS, SHARE] = [PER_ORDER.apiCalls, 0.5];
  const atOnce = ordersPerSecond * LOOKS_AND_ORDERS * SHARE * PER_ORDER.secondsEach;
  if (most !== undefined && atOnce > most)
    return `a service may run ${most} functions at once, needed are about ${Math.ceil(atOnce)}`;
  const cluster = resources.find(({ type }) => type === 'AWS::RDS::DBCluster');
  const largest = cluster?.properties.ServerlessV2ScalingConfiguration.MaxCapacity;
  const acu = ordersPerSecond * PER_ORDER.acu;
  return largest !== undefined && acu > largest
    ? `the database may grow to ${largest} ACU, needed are about ${Math.ceil(acu)}`
    : undefined;
}
