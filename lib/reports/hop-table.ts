import { monthlyCost, priceOf } from './cost.ts';
import type { TemplateResource } from './template-resources.ts';

/** What a hop adds to a request, and what it is there for. */
interface Hop {
  hop: string;
  buys: string;
  /** Whether a resource of the templates is part of it. Hops without have no fixed price. */
  includes?: (resource: TemplateResource) => boolean;
  /** Its price of a million calls of the API. */
  usdPerMillion: () => number;
  /** How long it takes: a published figure with its source, and the metric that shows it on AWS. */
  latency: string;
}

const isA = (type: string) => (each: TemplateResource) => each.type === type;
const isEndpoint = isA('AWS::EC2::VPCEndpoint');
const isOfApi = ({ id }: TemplateResource) => id.includes('ExecuteApi');

const HOPS: readonly Hop[] = [
  {
    hop: '1 Route 53',
    buys: 'the name, and the maintenance page while the shop is unavailable',
    includes: isA('AWS::Route53::HealthCheck'),
    usdPerMillion: () => 0,
    latency: 'none once the name is resolved',
  },
  {
    hop: '2 CloudFront',
    buys: 'HTTPS near the user, the storefront, HTTP/3, a private origin',
    usdPerMillion: () => priceOf('cloudFrontMillion'),
    latency: 'metric `OriginLatency`: the time from here to the response of hop 3',
  },
  {
    hop: '2 and 4 AWS WAF',
    buys: 'managed rules, size limits, a rate limit for each address, at the edge and at the API',
    includes: isA('AWS::WAFv2::WebACL'),
    usdPerMillion: () => 2 * priceOf('firewallMillion'),
    latency: 'no figure published; part of hop 2 and hop 4',
  },
  {
    hop: '3 load balancer',
    buys: 'all zones behind one name, health checks, the way from CloudFront to a private API',
    includes: isA('AWS::ElasticLoadBalancingV2::LoadBalancer'),
    usdPerMillion: () => (1_000_000 * priceOf('balancerCapacityUnitHour')) / 25 / 3_600,
    latency: 'metric `TargetResponseTime`: the time from here to the response of hop 4',
  },
  {
    hop: '3 to 4 endpoint of the API',
    buys: 'an API that has no public address',
    includes: (each) => isEndpoint(each) && isOfApi(each),
    usdPerMillion: () => 0,
    latency: 'no figure published; part of `TargetResponseTime`',
  },
  {
    hop: '4 API Gateway',
    buys: 'routes, limits for each method, the token check, one log line for each request',
    usdPerMillion: () => priceOf('apiMillion'),
    latency:
      'metrics `Latency` less `IntegrationLatency`; [10 to 20 ms](https://dev.to/aws-builders/the-hidden-serverless-latency-58p4) by a public report',
  },
  {
    hop: '5 to 8, endpoints of AWS services',
    buys: 'functions without a route to the internet',
    includes: (each) => isEndpoint(each) && !isOfApi(each),
    usdPerMillion: () => 0,
    latency: 'no figure published; only calls of SQS, KMS, SES and Secrets Manager pass it',
  },
];

/** What each hop before the functions costs in money and time, as rows of a Markdown table. Prices are those of `npm run cost`. */
export function hopRows(dev: TemplateResource[], prod: TemplateResource[]): string[] {
  const usd = (value: number) => value.toFixed(2).replace(/\.00$/, '');
  return HOPS.map(({ hop, buys, includes, usdPerMillion, latency }) => {
    const idle = (all: TemplateResource[]) =>
      monthlyCost(includes ? all.filter(includes) : [], 0).reduce((sum, { usdAMonth }) => sum + usdAMonth, 0);
    return `| ${hop} | ${buys} | ${usd(idle(dev))} | ${usd(idle(prod))} | ${usd(usdPerMillion())} | ${latency} |`;
  });
}
