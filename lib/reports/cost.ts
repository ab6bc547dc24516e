import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { TemplateResource } from './template-resources.ts';

const { prices, ...about } = JSON.parse(readFileSync(path.join(import.meta.dirname, 'prices.json'), 'utf8')) as {
  prices: Record<string, [number, string]>;
  hoursAMonth: number;
  region: string;
  enteredOn: string;
  source: string;
};
export const PRICE_LIST = about;
const { hoursAMonth } = about;

/** The usage that one order causes. Estimates for a shop with ten product views per sale; replace them with yours. */
export const PER_ORDER = {
  apiCalls: 14,
  fileRequests: 20,
  /** Invocations, with the token check and the workers, and the duration and memory of each. */
  invocations: 28,
  secondsEach: 0.03,
  gibEach: 0.6,
  queueRequests: 24,
  mails: 2,
  signatures: 1,
  databaseIos: 60,
  logKilobytes: 25,
  databaseKilobytes: 6,
  /** Aurora capacity units on the writer for each order per second. */
  acu: 0.15,
};

/** Not in the sum, at any load. */
export const NOT_INCLUDED = [
  'data transfer to the internet and between zones',
  'backup storage beyond the free allowance',
  'X-Ray traces beyond the free tier',
  'data processed by the interface endpoints, and the second endpoint of the proxy',
  'requests of the health check, the scheduled jobs and the synthetic buyer',
  'access logs, flow logs and AWS WAF logs',
  'readers and warm functions that autoscaling adds',
  'custom metrics (about 10 names per function that emits them)',
  'the hosted zone, which exists already',
  'AWS Support and taxes',
];

/** @throws Error for a price that prices.json does not have */
export const priceOf = (name: string): number => {
  const found = prices[name];
  if (!found) throw new Error(`lib/reports/prices.json has no price for ${name}.`);
  return found[0];
};
const MILLION = 1_000_000;

export interface CostLine {
  what: string;
  usdAMonth: number;
}

/** The cost of a stage per month, at a constant number of orders per second; 0 is idle. */
export function monthlyCost(resources: TemplateResource[], ordersPerSecond: number): CostLine[] {
  return [...fixedCosts(resources), ...databaseCosts(resources, ordersPerSecond), ...usageCosts(ordersPerSecond)]
    .map((line) => ({ ...line, usdAMonth: Math.round(line.usdAMonth * 100) / 100 }))
    .filter(({ usdAMonth }) => usdAMonth > 0);
}

/** Costs that do not depend on the load. */
function fixedCosts(resources: TemplateResource[]): CostLine[] {
  const of = (type: string) => resources.filter((each) => each.type === type);
  const sum = (type: string, each: (properties: TemplateResource['properties']) => number) =>
    of(type).reduce((total, { properties }) => total + each(properties), 0);
  const hours = (name: string) => priceOf(name) * hoursAMonth;
  const warmGib = sum(
    'AWS::ApplicationAutoScaling::ScalableTarget',
    ({ ServiceNamespace, MinCapacity, ResourceId }) => {
      if (ServiceNamespace !== 'lambda') return 0;
      const named = (type: string, reference: unknown) =>
        of(type).find(({ id }) => JSON.stringify(reference).includes(`"${id}"`));
      const alias = named('AWS::Lambda::Alias', ResourceId);
      const fn = named('AWS::Lambda::Function', alias?.properties.FunctionName);
      if (!fn) throw new Error(`No function of the templates is kept warm by ${JSON.stringify(ResourceId)}.`);
      return (MinCapacity * Number(fn.properties.MemorySize)) / 1024;
    },
  );
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
    { what: 'Keys', usdAMonth: of('AWS::KMS::Key').length * priceOf('keyMonth') },
    { what: 'Secrets', usdAMonth: of('AWS::SecretsManager::Secret').length * priceOf('secretMonth') },
    {
      what: 'Firewalls',
      usdAMonth: sum(
        'AWS::WAFv2::WebACL',
        (p) => priceOf('firewallMonth') + p.Rules.length * priceOf('firewallRuleMonth'),
      ),
    },
    { what: 'Health check', usdAMonth: of('AWS::Route53::HealthCheck').length * priceOf('healthCheckMonth') },
    { what: 'Warm functions', usdAMonth: warmGib * 3600 * hoursAMonth * priceOf('provisionedGbSecond') },
    {
      what: 'Alarms and dashboard',
      usdAMonth:
        of('AWS::CloudWatch::Alarm').length * priceOf('alarmMonth') +
        of('AWS::CloudWatch::CompositeAlarm').length * priceOf('compositeAlarmMonth') +
        of('AWS::CloudWatch::Dashboard').length * priceOf('dashboardMonth'),
    },
  ];
}

/** Scheduled jobs wake a paused cluster every six hours. It stays awake until its auto-pause time is over. */
const WAKE_UPS_PER_DAY = 4;
const MIN_AWAKE_ACU = 0.5;
const MIN_PROXY_ACU = 8;
const IO_OPTIMIZED = 'aurora-iopt1';

function databaseCosts(resources: TemplateResource[], ordersPerSecond: number): CostLine[] {
  const cluster = resources.find(({ type }) => type === 'AWS::RDS::DBCluster');
  if (!cluster) return [];
  const { MinCapacity, MaxCapacity, SecondsUntilAutoPause = 0 } = cluster.properties.ServerlessV2ScalingConfiguration;
  const instances = resources.filter(({ type }) => type === 'AWS::RDS::DBInstance').length;
  const needed = Math.max(MinCapacity, MIN_AWAKE_ACU, ordersPerSecond * PER_ORDER.acu);
  const acu = Math.min(MaxCapacity, needed);
  const pauses = MinCapacity === 0 && ordersPerSecond === 0;
  const awakeHours = pauses ? (hoursAMonth / 24) * WAKE_UPS_PER_DAY * (SecondsUntilAutoPause / 3600) : hoursAMonth;
  const proxies = resources.filter(({ type }) => type === 'AWS::RDS::DBProxy').length;
  const perMonth = ordersPerSecond * 3600 * hoursAMonth;
  const ioOptimized = cluster.properties.StorageType === IO_OPTIMIZED;
  return [
    {
      what: 'Aurora capacity',
      usdAMonth: acu * instances * awakeHours * priceOf(ioOptimized ? 'acuHourIoOptimized' : 'acuHour'),
    },
    {
      what: 'Aurora proxy',
      usdAMonth: proxies * Math.max(MIN_PROXY_ACU, acu * instances) * hoursAMonth * priceOf('proxyAcuHour'),
    },
    {
      what: 'Aurora storage',
      usdAMonth:
        (10 + (perMonth * PER_ORDER.databaseKilobytes) / MILLION) *
        priceOf(ioOptimized ? 'auroraGbMonthIoOptimized' : 'auroraGbMonth'),
    },
    {
      what: 'Aurora reads and writes',
      usdAMonth: ioOptimized ? 0 : ((perMonth * PER_ORDER.databaseIos) / MILLION) * priceOf('auroraMillionIo'),
    },
  ];
}

/** Loads that are compared, in orders per second: fine steps below one, where idle capacity dominates. */
const LOADS = [
  ...Array.from({ length: 20 }, (_, step) => (step + 1) / 20),
  ...Array.from({ length: 199 }, (_, n) => n / 2 + 1.5),
];

/** The smallest load at which I/O-Optimized storage (`-c ioOptimized=true`) is cheaper, in orders per second. */
export function ioOptimizedPaysFrom(resources: TemplateResource[]): number | undefined {
  const withStorage = (StorageType: string | undefined) =>
    resources.map((each) =>
      each.type === 'AWS::RDS::DBCluster' ? { ...each, properties: { ...each.properties, StorageType } } : each,
    );
  const [standard, optimized] = [withStorage(undefined), withStorage(IO_OPTIMIZED)];
  const sum = (all: TemplateResource[], load: number) =>
    databaseCosts(all, load).reduce((total, { usdAMonth }) => total + usdAMonth, 0);
  return LOADS.find((load) => sum(optimized, load) < sum(standard, load));
}

/** Costs that depend on the load. */
function usageCosts(ordersPerSecond: number): CostLine[] {
  const orders = ordersPerSecond * 3600 * hoursAMonth;
  const millions = (perOrder: number) => (orders * perOrder) / MILLION;
  const { apiCalls, fileRequests, invocations, secondsEach, gibEach } = PER_ORDER;
  return [
    {
      what: 'Functions',
      usdAMonth:
        millions(invocations) *
        (priceOf('lambdaMillion') + secondsEach * gibEach * MILLION * priceOf('lambdaGbSecond')),
    },
    { what: 'API Gateway', usdAMonth: millions(apiCalls) * priceOf('apiMillion') },
    { what: 'CloudFront', usdAMonth: millions(apiCalls + fileRequests) * priceOf('cloudFrontMillion') },
    { what: 'Firewalls, by request', usdAMonth: millions(apiCalls * 2 + fileRequests) * priceOf('firewallMillion') },
    {
      what: 'Load balancer, by use',
      usdAMonth: (ordersPerSecond * apiCalls * hoursAMonth * priceOf('balancerCapacityUnitHour')) / 25,
    },
    { what: 'Queues', usdAMonth: millions(PER_ORDER.queueRequests) * priceOf('queueMillion') },
    { what: 'Mails', usdAMonth: ((orders * PER_ORDER.mails) / 1_000) * priceOf('mailThousand') },
    { what: 'Signatures', usdAMonth: millions(PER_ORDER.signatures) * priceOf('millionSignatures') },
    { what: 'Logs', usdAMonth: millions(PER_ORDER.logKilobytes) * priceOf('logGb') },
  ];
}

/**
 * Checks a load against the stage's limits: the concurrency of a service, and the maximum size of the database.
 * @returns the limit that is reached first, or undefined
 */
export function limitOf(resources: TemplateResource[], ordersPerSecond: number): string | undefined {
  const orders = resources.find((each) => each.properties.Environment?.Variables?.POWERTOOLS_SERVICE_NAME === 'orders');
  const most = orders?.properties.ReservedConcurrentExecutions;
  const serviceShare = 0.5;
  const concurrency = ordersPerSecond * PER_ORDER.apiCalls * serviceShare * PER_ORDER.secondsEach;
  if (most !== undefined && concurrency > most)
    return `a service may run ${most} functions at once but needs about ${Math.ceil(concurrency)}`;
  const cluster = resources.find(({ type }) => type === 'AWS::RDS::DBCluster');
  const largest = cluster?.properties.ServerlessV2ScalingConfiguration.MaxCapacity;
  const acu = ordersPerSecond * PER_ORDER.acu;
  return largest !== undefined && acu > largest
    ? `the database may grow to ${largest} ACU but needs about ${Math.ceil(acu)}`
    : undefined;
}
