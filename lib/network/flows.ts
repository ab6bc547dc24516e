import { type AwsPlan, hasProxy, type Stage } from '../stage.ts';

/** The security groups. A function is in one group for each resource that it may reach. */
export type Member =
  | 'functions'
  | 'database-clients'
  | 'migrations'
  | 'cache-clients'
  | 'gateway-clients'
  | 'endpoints'
  | 'api-endpoint'
  | 'balancer'
  | 'database-proxy'
  | 'database'
  | 'cache';

export interface Flow {
  readonly from: Member | 'cloudfront';
  /** `internet` is any IPv6 address, through the egress-only gateway. */
  readonly to: Member | 'internet';
  readonly port: number;
  readonly why: string;
  /** Limits the flow to stages with (true) or without (false) a database proxy. */
  readonly proxy?: boolean;
  /** Limits the flow to stages whose functions reach AWS services in this way. */
  readonly endpoints?: AwsPlan['endpoints'];
}

export const HTTPS = 443;
export const POSTGRES = 5432;
export const VALKEY = 6379;

const SERVICES = 'SQS, KMS, SES, Secrets Manager';

/** Every flow that the security groups allow. All other traffic is denied in both directions. */
const FLOWS: readonly Flow[] = [
  { from: 'cloudfront', to: 'balancer', port: HTTPS, why: 'Users, through the VPC origin' },
  { from: 'gateway-clients', to: 'balancer', port: HTTPS, why: 'Services that call the API inside the VPC' },
  { from: 'balancer', to: 'api-endpoint', port: HTTPS, why: 'The private API' },
  { from: 'functions', to: 'endpoints', port: HTTPS, why: `${SERVICES}, X-Ray`, endpoints: 'interface' },
  { from: 'functions', to: 'internet', port: HTTPS, why: `${SERVICES}, over IPv6`, endpoints: 'ipv6' },
  { from: 'database-clients', to: 'database-proxy', port: POSTGRES, why: 'Queries', proxy: true },
  { from: 'database-clients', to: 'database', port: POSTGRES, why: 'Queries', proxy: false },
  { from: 'database-proxy', to: 'database', port: POSTGRES, why: 'Pooled connections of the proxy', proxy: true },
  { from: 'migrations', to: 'database', port: POSTGRES, why: 'Migrations, which bypass the proxy' },
  { from: 'cache-clients', to: 'cache', port: VALKEY, why: 'Sessions, pins, hot products, rate limits' },
];

/** The flows of a stage. */
export const flowsOf = (stage: Stage): Flow[] =>
  FLOWS.filter(
    ({ proxy, endpoints }) =>
      (proxy === undefined || proxy === hasProxy(stage)) &&
      (endpoints === undefined || endpoints === stage.aws?.endpoints),
  );
