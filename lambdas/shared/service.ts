import type { Route } from './contract.ts';
import type { EventSchemas } from './event.ts';

/**
 * What a function is for. It decides the timeout, the concurrency and the trigger (lib/constructs/declared-service.ts):
 * - `api`: serves the service's routes behind the gateway
 * - `authorizer`: the gateway's token check
 * - `worker`: consumes one queue
 * - `job`: runs on a schedule, one run at a time
 * - `operation`: an operator invokes it
 * - `migration`: runs once for each deployment
 */
export type FunctionKind = 'api' | 'authorizer' | 'worker' | 'job' | 'operation' | 'migration';

export interface FunctionDeclaration {
  readonly kind: FunctionKind;
  /** A file in the service's folder. */
  readonly handler: string;
  readonly description: string;
  /** `aws`: only on AWS, not in the local stage. If absent: in every stage. */
  readonly runsOn?: 'aws';
  /** Connects to the database as the service's role. */
  readonly database?: true;
  /** Connects to the cache as the service's user. */
  readonly cache?: true;
  /** Event types of this service that the function publishes. */
  readonly publishes?: readonly string[];
  /** For a worker: the queue that it consumes. */
  readonly consumes?: string;
  /** Queues to which the function sends messages that are not events. */
  readonly sendsTo?: readonly string[];
  /** Queues whose attributes the function may read. It cannot receive their messages. */
  readonly probes?: readonly string[];
  /** For a job: the interval of its schedule. If absent: the stage's `jobIntervalMinutes`. */
  readonly everyMinutes?: number;
  readonly memoryMiB?: number;
  /** How many invocations may run at once, where the kind's own limit does not fit. */
  readonly concurrency?: number;
  /** Has no provisioned concurrency in any stage: its callers can wait for a cold start. */
  readonly startsCold?: true;
  /** Calls the internet, so it is outside the network. It can reach neither database nor cache. */
  readonly outsideNetwork?: true;
  /** Folders below `lambdas/` that the function reads at run time, copied beside its code. */
  readonly files?: readonly string[];
}

export interface QueueDeclaration {
  /** Event types that are routed to this queue. A queue without event types carries its service's own messages. */
  readonly events?: readonly string[];
}

export interface DatabaseDeclaration {
  /** The schema that the service owns. Its migrations create it. */
  readonly schema?: string;
  /** Tables and views of other schemas that its role may select from; `schema.name`. */
  readonly reads?: readonly string[];
}

/** What the service's user may do in the cache. The server refuses everything else. */
export interface CacheDeclaration {
  readonly keys: readonly string[];
  readonly commands: readonly string[];
}

/**
 * The complete declaration of a service, as plain data. Bundles, database roles and their bounds, local passwords and
 * parameters, cache users, the route table, the OpenAPI document, queues, event routing and grants are derived from it
 * (`lambdas/registry.ts`), and so are the import rules and the expectations of the tests.
 */
export interface ServiceDeclaration {
  /** Unique. Lower-case letters, digits and dashes: it names the database role and the cache user. */
  readonly name: string;
  /** The service's folder, below `lambdas/`. */
  readonly folder: string;
  /** By function name. Names are unique in the stage. */
  readonly functions: Readonly<Record<string, FunctionDeclaration>>;
  /** The API contract. */
  readonly routes?: Readonly<Record<string, Route>>;
  /** The events that the service publishes: payload schemas by type. */
  readonly events?: EventSchemas;
  readonly queues?: Readonly<Record<string, QueueDeclaration>>;
  readonly database?: DatabaseDeclaration;
  readonly cache?: CacheDeclaration;
}

/** Keeps the literal types of a declaration. */
export const defineService = <const T extends ServiceDeclaration>(declaration: T): T => declaration;
