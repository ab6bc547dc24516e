import { type StageContext, stageContext } from './stage-context.ts';

/** How a stage is run. Every size and switch that differs between stages is here, and nowhere else. */
export interface Stage {
  readonly name: 'local' | 'dev' | 'prod';
  readonly env: { readonly account: string; readonly region: string };
  /** What people see, and the issuer of tokens. No trailing slash. */
  readonly publicOrigin: string;
  /** Where services call the API from inside, past the edge. No trailing slash. */
  readonly internalOrigin: string;
  /** The domain that mails come from. */
  readonly mailDomain: string;
  /** The machine that the functions run on; `host` is the laptop's own, in the emulator. */
  readonly architecture: 'arm64' | 'host';
  /** Keeps data when a stack is deleted, and refuses to delete stateful stacks. */
  readonly retainData: boolean;
  readonly logRetentionDays: 3 | 30 | 90;
  readonly paymentProvider: 'sandbox';
  /** How often what was left behind is looked for: unsent events, expired orders. Each look wakes a sleeping database. */
  readonly jobIntervalMinutes: number;
  /** How many of a function may run at once; with the pool size, this is what the database has to bear. */
  readonly concurrency: { readonly api: number; readonly worker: number };
  readonly database: DatabasePlan;
  readonly cache: CachePlan;
  /** What only AWS has: network, edge, balancer, alarms. Absent on the laptop. */
  readonly aws?: AwsPlan;
}

/** The connections that a server gives, and how many of them are kept for migrations, replication and people. */
interface ConnectionBudget {
  readonly name: string;
  readonly maxConnections: number;
  readonly reservedConnections: number;
}
/** A database that runs already. */
export interface GivenDatabase extends ConnectionBudget {
  readonly kind: 'given';
  readonly writer: string;
  readonly reader: string;
}
/** Aurora PostgreSQL Serverless v2. An ACU is about 2 GiB of memory with its share of a processor. */
export interface AuroraDatabase extends ConnectionBudget {
  readonly kind: 'aurora';
  readonly minAcu: number;
  readonly maxAcu: number;
  /** Readers that are always there, each in a zone of its own, and how many autoscaling may make of them. */
  readonly readers: number;
  readonly maxReaders: number;
  /** RDS Proxy keeps connections through a failover, and keeps the cluster from pausing. */
  readonly proxy: boolean;
  /** Idle time after which a cluster with `minAcu` 0 sleeps. */
  readonly autoPauseMinutes?: number;
  readonly backupDays: number;
}
export type DatabasePlan = GivenDatabase | AuroraDatabase;

export type CachePlan =
  | { readonly kind: 'given'; readonly host: string; readonly port: number }
  | { readonly kind: 'elasticache'; readonly nodeType: string; readonly replicas: number };

export interface AwsPlan {
  readonly zones: 2 | 3;
  /** Zones that interface endpoints stand in; one is cheaper, and its failure takes the API along. */
  readonly endpointZones: 1 | 2 | 3;
  /** The name that people type; its hosted zone exists already. */
  readonly domain: string;
  readonly hostedZoneId: string;
  readonly alertEmail: string;
  readonly monthlyBudgetUsd: number;
  /** How Route 53 chooses among regions once there are several; failover to the maintenance page is always on. */
  readonly routing: 'failover' | 'latency' | 'geolocation';
  readonly tracing: boolean;
  /** Function instances of an API service that are always warm, and how many target tracking may make of them. */
  readonly provisionedConcurrency?: { readonly least: number; readonly most: number };
  /** Shifts a tenth of the traffic first, for five minutes, and goes back by itself when an alarm rings. */
  readonly canaryDeployments: boolean;
  /** Requests in five minutes from one address, after which the firewall refuses it. */
  readonly wafRateLimit: number;
  /** Buys a test product every five minutes, through the front door. */
  readonly syntheticBuyer: boolean;
  /** Fault injection templates, with stop conditions on the alarms. */
  readonly gameDays: boolean;
}

export const LOCAL_MAX_CONNECTIONS = 200;

/**
 * The stage that the context names, the environment filling what it does not.
 * @throws StageError that names the setting, the value given and what is allowed
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
    publicOrigin: edge,
    internalOrigin: edge,
    mailDomain: 'throughline.example',
    architecture: 'host',
    retainData: false,
    logRetentionDays: 3,
    paymentProvider: 'sandbox',
    jobIntervalMinutes: 1,
    concurrency: { api: 8, worker: 2 },
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

/** What `dev` and `prod` have in common: where they are, and under which name. */
function onAws(context: StageContext) {
  return {
    env: { account: context.account, region: context.region },
    publicOrigin: `https://${context.domain}`,
    internalOrigin: `https://api-origin.${context.domain}`,
    mailDomain: context.domain,
    architecture: 'arm64',
    paymentProvider: 'sandbox',
  } as const;
}

const chosen = ({ domain, hostedZoneId, alertEmail, routing }: StageContext) => ({
  domain,
  hostedZoneId,
  alertEmail,
  routing,
});

/** Cheap when idle: the database sleeps, nothing is kept warm, endpoints stand in one zone. */
function devStage(context: StageContext): Stage {
  return {
    ...onAws(context),
    name: 'dev',
    retainData: false,
    logRetentionDays: 30,
    jobIntervalMinutes: 360,
    concurrency: { api: 5, worker: 2 },
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
      maxConnections: 200,
      reservedConnections: 20,
    },
    cache: { kind: 'elasticache', nodeType: 'cache.t4g.micro', replicas: 0 },
    aws: {
      ...chosen(context),
      zones: 2,
      endpointZones: 1,
      monthlyBudgetUsd: context.monthlyBudgetUsd ?? 150,
      tracing: false,
      canaryDeployments: false,
      wafRateLimit: 1_000,
      syntheticBuyer: false,
      gameDays: false,
    },
  };
}

/** Three zones, two readers, warm functions, careful deployments. */
function prodStage(context: StageContext): Stage {
  return {
    ...onAws(context),
    name: 'prod',
    retainData: true,
    logRetentionDays: 90,
    jobIntervalMinutes: 1,
    concurrency: { api: 50, worker: 10 },
    database: {
      kind: 'aurora',
      name: 'throughline',
      minAcu: 1,
      maxAcu: 16,
      readers: 2,
      maxReaders: 5,
      proxy: true,
      backupDays: 14,
      maxConnections: 1_500,
      reservedConnections: 100,
    },
    cache: { kind: 'elasticache', nodeType: 'cache.t4g.small', replicas: 2 },
    aws: {
      ...chosen(context),
      zones: 3,
      endpointZones: 3,
      monthlyBudgetUsd: context.monthlyBudgetUsd ?? 1_500,
      tracing: true,
      provisionedConcurrency: { least: 2, most: 25 },
      canaryDeployments: true,
      wafRateLimit: 2_000,
      syntheticBuyer: true,
      gameDays: context.gameDays,
    },
  };
}

/** Named here and not looked up, so that a synth asks AWS nothing. */
export function zoneNames(region: string, count: number): string[] {
  const letters = region === 'ap-northeast-1' ? ['a', 'c', 'd'] : ['a', 'b', 'c'];
  return letters.slice(0, count).map((letter) => `${region}${letter}`);
}

export const hasProxy = ({ database }: Stage): boolean => database.kind === 'aurora' && database.proxy;
