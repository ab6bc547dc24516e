import { type Region, type StageContext, stageContext } from './stage-context.ts';

/** The configuration of a stage. Every size and switch that differs between stages is here, and nowhere else. */
export interface Stage {
  readonly name: 'local' | 'dev' | 'prod';
  readonly env: { readonly account: string; readonly region: Region };
  /** Begins the names of resources that are unique in a region. */
  readonly regionalName: string;
  /** Begins the names of stacks, and of resources that are unique in the account. */
  readonly globalName: string;
  /** The origin that users see, and the issuer of tokens. No trailing slash. */
  readonly publicOrigin: string;
  /** The origin that services use to call the API inside the VPC, without the edge. No trailing slash. */
  readonly internalOrigin: string;
  /** The sender domain of mails. */
  readonly mailDomain: string;
  /** The CPU architecture of the functions. `host` is the laptop's own, for the emulator. */
  readonly architecture: 'arm64' | 'host';
  /** Keeps logs and buckets when a stack is deleted. */
  readonly retainData: boolean;
  /** Takes a final snapshot of the database when its stack is deleted, and keeps the key that reads it. */
  readonly finalSnapshot: boolean;
  /** Refuses to delete the stateful stacks, the database and the load balancer. Off for the first deployment. */
  readonly protect: boolean;
  readonly logRetentionDays: 3 | 30 | 90;
  readonly paymentProvider: 'sandbox';
  /** Interval of the scheduled jobs, such as the outbox relay and order expiry. Each run wakes a paused database. */
  readonly jobIntervalMinutes: number;
  /** Concurrency limits of a function. Together with the pool size they bound the connections to the database. */
  readonly concurrency: { readonly api: number; readonly authorizer: number; readonly worker: number };
  readonly database: DatabasePlan;
  readonly cache: CachePlan;
  /** Settings that only AWS has: network, edge, balancer, alarms. Absent on the laptop. */
  readonly aws?: AwsPlan;
}

/** The connection limit of a server, and how many of these are reserved for migrations, replication and engineers. */
interface ConnectionBudget {
  readonly name: string;
  readonly maxConnections: number;
  readonly reservedConnections: number;
}
/** An existing database. */
export interface GivenDatabase extends ConnectionBudget {
  readonly kind: 'given';
  readonly writer: string;
  readonly reader: string;
}
/** Aurora PostgreSQL Serverless v2. An ACU is about 2 GiB of memory with its share of a CPU. */
export interface AuroraDatabase extends ConnectionBudget {
  readonly kind: 'aurora';
  readonly minAcu: number;
  readonly maxAcu: number;
  /** Readers that always run, each in its own zone, and the maximum for autoscaling. */
  readonly readers: number;
  readonly maxReaders: number;
  /** RDS Proxy keeps connections during a failover. It also keeps the cluster from pausing. */
  readonly proxy: boolean;
  /** Idle time after which a cluster with `minAcu` 0 pauses. */
  readonly autoPauseMinutes?: number;
  readonly backupDays: number;
  /** Aurora I/O-Optimized: storage and capacity cost more, and reads and writes nothing. `npm run cost` has the load from which it pays. */
  readonly ioOptimized: boolean;
}
export type DatabasePlan = GivenDatabase | AuroraDatabase;

export type CachePlan =
  | { readonly kind: 'given'; readonly host: string; readonly port: number }
  | { readonly kind: 'elasticache'; readonly nodeType: string; readonly replicas: number };

export interface AwsPlan {
  readonly zones: 2 | 3;
  /** Zones with interface endpoints. One zone is cheaper, but the API fails with it. */
  readonly endpointZones: 1 | 2 | 3;
  /**
   * How functions reach AWS services: through interface endpoints, which cost by the hour and zone, or over IPv6 through an
   * egress-only gateway, which costs nothing and leads to the internet too (docs/decisions/0026).
   */
  readonly endpoints: 'interface' | 'ipv6';
  /** The shop's domain name. Its hosted zone exists already. */
  readonly domain: string;
  readonly hostedZoneId: string;
  readonly alertEmail: string;
  /** Where docs/runbook.md is published. Each alarm's description links its section. */
  readonly runbookUrl: string;
  readonly monthlyBudgetUsd: number;
  /** How Route 53 chooses between regions once there are several. Failover to the maintenance page is always on. */
  readonly routing: 'failover' | 'latency' | 'geolocation';
  readonly tracing: boolean;
  /** Provisioned concurrency of an API service: the minimum, and the maximum for target tracking. */
  readonly provisionedConcurrency?: { readonly least: number; readonly most: number };
  /** Shifts 10 % of the traffic for five minutes first. Rolls back automatically when an alarm goes into ALARM. */
  readonly canaryDeployments: boolean;
  /** Requests per IP address in five minutes. Above this, AWS WAF blocks the address. */
  readonly wafRateLimit: number;
  /** Buys a test product every five minutes, through the public API. */
  readonly syntheticBuyer: boolean;
  /** AWS FIS experiment templates, with stop conditions on the alarms. */
  readonly gameDays: boolean;
  /** Browsers then use HTTPS for all names below the domain, for two years. It cannot be taken back. */
  readonly hstsPreload: boolean;
  /** One alert for each service, or one for all functions. An alert is a composite alarm, which costs 0.50 USD a month. */
  readonly alertPerService: boolean;
}

export const LOCAL_MAX_CONNECTIONS = 400;

/**
 * Returns the stage that the context names. Environment variables supply what the context does not.
 * @throws StageError that names the setting, the given value and the allowed values
 */
export function resolveStage(context: Record<string, unknown>): Stage {
  const parsed = stageContext(context);
  if (parsed.stage === 'local') return localStage(parsed);
  return parsed.stage === 'dev' ? devStage(parsed) : prodStage(parsed);
}

function localStage(context: StageContext): Stage {
  const edge = `http://127.0.0.1:${context.edgePort}`;
  return {
    name: 'local',
    env: { account: '000000000000', region: context.region },
    regionalName: 'throughline-local',
    globalName: 'throughline-local',
    publicOrigin: edge,
    internalOrigin: edge,
    mailDomain: 'throughline.example',
    architecture: 'host',
    retainData: false,
    finalSnapshot: false,
    protect: false,
    logRetentionDays: 3,
    paymentProvider: 'sandbox',
    jobIntervalMinutes: 1,
    concurrency: { api: 8, authorizer: 16, worker: 2 },
    database: {
      kind: 'given',
      writer: `127.0.0.1:${context.writerPort}`,
      reader: `127.0.0.1:${context.readerPort}`,
      name: 'throughline',
      maxConnections: LOCAL_MAX_CONNECTIONS,
      reservedConnections: 20,
    },
    cache: { kind: 'given', host: '127.0.0.1', port: context.cachePort },
  };
}

/** Settings that `dev` and `prod` share: environment and names. */
function onAws(context: StageContext, name: 'dev' | 'prod') {
  const copy = context.ephemeral ? `-${context.ephemeral}` : '';
  const retainData = name === 'prod' && !context.ephemeral;
  return {
    name,
    retainData,
    finalSnapshot: !context.ephemeral,
    protect: retainData && context.protect,
    env: { account: context.account, region: context.region },
    regionalName: `throughline-${name}${copy}`,
    globalName: `throughline-${name}${copy}-${context.region}`,
    publicOrigin: `https://${context.domain}`,
    internalOrigin: `https://api-origin.${context.domain}`,
    mailDomain: context.domain,
    architecture: 'arm64',
    paymentProvider: 'sandbox',
  } as const;
}

const fromContext = ({ domain, hostedZoneId, alertEmail, runbookUrl, routing, hstsPreload }: StageContext) => ({
  domain,
  hostedZoneId,
  alertEmail,
  runbookUrl,
  routing,
  hstsPreload,
});

/** Cheap when idle: the database pauses, nothing is kept warm, and functions reach AWS over IPv6. */
function devStage(context: StageContext): Stage {
  return {
    ...onAws(context, 'dev'),
    logRetentionDays: 30,
    jobIntervalMinutes: 360,
    concurrency: { api: 5, authorizer: 20, worker: 2 },
    database: {
      kind: 'aurora',
      name: 'throughline',
      minAcu: 0,
      maxAcu: 2,
      readers: 0,
      maxReaders: 0,
      proxy: false,
      autoPauseMinutes: 10,
      backupDays: 1,
      ioOptimized: context.ioOptimized,
      maxConnections: 200,
      reservedConnections: 20,
    },
    cache: { kind: 'elasticache', nodeType: 'cache.t4g.micro', replicas: 0 },
    aws: {
      ...fromContext(context),
      zones: 2,
      endpointZones: 1,
      endpoints: context.endpoints ?? 'ipv6',
      monthlyBudgetUsd: context.monthlyBudgetUsd ?? 150,
      tracing: false,
      canaryDeployments: false,
      wafRateLimit: 1_000,
      syntheticBuyer: false,
      gameDays: false,
      alertPerService: false,
    },
  };
}

/** Three zones, two readers, provisioned concurrency and canary deployments. */
function prodStage(context: StageContext): Stage {
  return {
    ...onAws(context, 'prod'),
    logRetentionDays: 90,
    jobIntervalMinutes: 1,
    concurrency: { api: 50, authorizer: 200, worker: 10 },
    database: {
      kind: 'aurora',
      name: 'throughline',
      minAcu: 1,
      maxAcu: 16,
      readers: 2,
      maxReaders: 5,
      proxy: true,
      backupDays: 14,
      ioOptimized: context.ioOptimized,
      maxConnections: 1_500,
      reservedConnections: 100,
    },
    cache: { kind: 'elasticache', nodeType: 'cache.t4g.small', replicas: 2 },
    aws: {
      ...fromContext(context),
      zones: 3,
      endpointZones: 3,
      endpoints: context.endpoints ?? 'interface',
      monthlyBudgetUsd: context.monthlyBudgetUsd ?? 1_500,
      tracing: true,
      provisionedConcurrency: { least: 2, most: 25 },
      canaryDeployments: context.canary,
      wafRateLimit: 2_000,
      syntheticBuyer: true,
      gameDays: context.gameDays,
      alertPerService: true,
    },
  };
}

/** Zones are named here and not looked up, so that a synth needs no access to AWS. */
export function zoneNames(region: string, count: number): string[] {
  const letters = region === 'ap-northeast-1' ? ['a', 'c', 'd'] : ['a', 'b', 'c'];
  return letters.slice(0, count).map((letter) => `${region}${letter}`);
}

export const hasProxy = ({ database }: Stage): boolean => database.kind === 'aurora' && database.proxy;
