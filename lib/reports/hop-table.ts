import { priceOf } from './cost.ts';
import type { TemplateResource } from './template-resources.ts';

/** What a hop adds to a request, and what it is there for. */
interface Hop {
  hop: string;
  buys: string;
  /** Its fixed price of a month, from the templates. */
  idleUsd: (resources: TemplateResource[], hoursAMonth: number) => number;
  /** Its price of a million calls of the API. */
  usdPerMillion: () => number;
  /** How long it takes: a published figure with its source, and the metric that shows it on AWS. */
  latency: string;
}

const count = (resources: TemplateResource[], type: string) => resources.filter((each) => each.type === type).length;
const endpointZones = (resources: TemplateResource[], execute: boolean) =>
  resources
    .filter(({ type, properties }) => type === 'AWS::EC2::VPCEndpoint' && properties.VpcEndpointType === 'Interface')
    .filter(({ id }) => id.includes('ExecuteApi') === execute)
    .reduce((sum, { properties }) => sum + properties.SubnetIds.length, 0);

const HOPS: readonly Hop[] = [
  {
    hop: '1 Route 53',
    buys: 'the name, and the maintenance page while the shop is unavailable',
    idleUsd: (all) => count(all, 'AWS::Route53::HealthCheck') * priceOf('healthCheckMonth'),
    usdPerMillion: () => 0,
    latency: 'none once the name is resolved',
  },
  {
    hop: '2 CloudFront',
    buys: 'HTTPS near the user, the storefront, HTTP/3, a private origin',
    idleUsd: () => 0,
    usdPerMillion: () => priceOf('cloudFrontMillion'),
    latency: 'metric `OriginLatency`: the time from here to the response of hop 3',
  },
  {
    hop: '2 and 4 AWS WAF',
    buys: 'managed rules, size limits, a rate limit for each address, at the edge and at the API',
    idleUsd: (all) =>
      all
        .filter(({ type }) => type === 'AWS::WAFv2::WebACL')
        .reduce(
          (sum, { properties }) =>
            sum + priceOf('firewallMonth') + properties.Rules.length * priceOf('firewallRuleMonth'),
          0,
        ),
    usdPerMillion: () => 2 * priceOf('firewallMillion'),
    latency: 'no figure published; part of hop 2 and hop 4',
  },
  {
    hop: '3 load balancer',
    buys: 'all zones behind one name, health checks, the way from CloudFront to a private API',
    idleUsd: (all, hours) => count(all, 'AWS::ElasticLoadBalancingV2::LoadBalancer') * hours * priceOf('balancerHour'),
    usdPerMillion: () => (1_000_000 * priceOf('balancerCapacityUnitHour')) / 25 / 3_600,
    latency: 'metric `TargetResponseTime`: the time from here to the response of hop 4',
  },
  {
    hop: '3 to 4 endpoint of the API',
    buys: 'an API that has no public address',
    idleUsd: (all, hours) => endpointZones(all, true) * hours * priceOf('endpointHour'),
    usdPerMillion: () => 0,
    latency: 'no figure published; part of `TargetResponseTime`',
  },
  {
    hop: '4 API Gateway',
    buys: 'routes, limits for each method, the token check, one log line for each request',
    idleUsd: () => 0,
    usdPerMillion: () => priceOf('apiMillion'),
    latency:
      'metrics `Latency` less `IntegrationLatency`; [10 to 20 ms](https://dev.to/aws-builders/the-hidden-serverless-latency-58p4) by a public report',
  },
  {
    hop: '5 to 8, endpoints of AWS services',
    buys: 'functions without a route to the internet',
    idleUsd: (all, hours) => endpointZones(all, false) * hours * priceOf('endpointHour'),
    usdPerMillion: () => 0,
    latency: 'no figure published; only calls of SQS, KMS, SES and Secrets Manager pass it',
  },
];

/** What each hop before the functions costs in money and time, as rows of a Markdown table. Prices are those of `npm run cost`. */
export function hopRows(dev: TemplateResource[], prod: TemplateResource[], hoursAMonth: number): string[] {
  const usd = (value: number) => value.toFixed(2).replace(/\.00$/, '');
  return HOPS.map(
    ({ hop, buys, idleUsd, usdPerMillion, latency }) =>
      `| ${hop} | ${buys} | ${usd(idleUsd(dev, hoursAMonth))} | ${usd(idleUsd(prod, hoursAMonth))} | ${usd(usdPerMillion())} | ${latency} |`,
  );
}
