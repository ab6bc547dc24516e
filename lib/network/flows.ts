/** Who takes part in the network's traffic. A function is a member of a group for each thing that it may reach. */
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
  readonly to: Member;
  readonly port: number;
  readonly why: string;
  /** Only in stages with, or without, a database proxy. */
  readonly proxy?: boolean;
}

export const HTTPS = 443;
export const POSTGRES = 5432;
export const VALKEY = 6379;

/** Every flow that the security groups allow. What is not here is refused in both directions. */
const FLOWS: readonly Flow[] = [
  { from: 'cloudfront', to: 'balancer', port: HTTPS, why: 'People, through the VPC origin' },
  { from: 'gateway-clients', to: 'balancer', port: HTTPS, why: 'Services that call the API from inside' },
  { from: 'balancer', to: 'api-endpoint', port: HTTPS, why: 'The private API' },
  { from: 'functions', to: 'endpoints', port: HTTPS, why: 'SQS, KMS, SES, Secrets Manager, X-Ray' },
  { from: 'database-clients', to: 'database-proxy', port: POSTGRES, why: 'Queries', proxy: true },
  { from: 'database-clients', to: 'database', port: POSTGRES, why: 'Queries', proxy: false },
  { from: 'database-proxy', to: 'database', port: POSTGRES, why: 'The connections that the proxy keeps', proxy: true },
  { from: 'migrations', to: 'database', port: POSTGRES, why: 'The schema, past the proxy' },
  { from: 'cache-clients', to: 'cache', port: VALKEY, why: 'Sessions, pins, hot products, limits' },
];

/** The flows of a stage. */
export const flowsOf = (hasProxy: boolean): Flow[] =>
  FLOWS.filter(({ proxy }) => proxy === undefined || proxy === hasProxy);
