import { SERVICES } from './services.ts';
import type { Route } from './shared/contract.ts';
import type { CacheDeclaration, FunctionDeclaration, ServiceDeclaration } from './shared/service.ts';

/** The data that is derived from the services' declarations. It is computed once. */

export const ALL_SERVICES: readonly ServiceDeclaration[] = SERVICES;

/** A laptop has no network, so the local stage leaves out functions for AWS. The stages differ in nothing else. */
export type StageKind = 'local' | 'aws';

export interface DeclaredFunction extends FunctionDeclaration {
  readonly name: string;
  readonly service: ServiceDeclaration;
  /** The handler's path below the project's root. */
  readonly entry: string;
}

/** All functions, or those of one kind of stage. */
export function declaredFunctions(kind?: StageKind): DeclaredFunction[] {
  return ALL_SERVICES.flatMap((service) =>
    Object.entries(service.functions).map(([name, fn]) => ({
      ...fn,
      name,
      service,
      entry: `lambdas/${service.folder}/${fn.handler}`,
    })),
  ).filter((fn) => kind !== 'local' || fn.runsOn !== 'aws');
}

/** @throws Error for a function that no service declares */
export function functionNamed(name: string): DeclaredFunction {
  const found = declaredFunctions().find((fn) => fn.name === name);
  if (!found) throw new Error(`No service declares a function ${name}. Functions are declared in *.service.ts.`);
  return found;
}

type UnionToIntersection<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer I) => void
  ? I
  : never;
type WithRoutes = Extract<(typeof SERVICES)[number], { routes: unknown }>;

type WithEvents = Extract<(typeof SERVICES)[number], { events: unknown }>;

/** The payload schemas of all events, with the type of each. */
export type AllEvents = UnionToIntersection<WithEvents['events']>;

/** The contract of the whole API, with the type of each route. */
export type ApiRoutes = UnionToIntersection<WithRoutes['routes']>;

/** All routes of all services, including the internal routes of the sandbox. */
export const ALL_ROUTES: readonly Route[] = ALL_SERVICES.flatMap(({ routes }) => Object.values(routes ?? {}));

/** The routes of the public API. */
export const API_ROUTES: readonly Route[] = ALL_ROUTES.filter(({ internal }) => !internal);

/** Services with a database role. */
export const DATABASE_SERVICES: readonly string[] = ALL_SERVICES.filter(({ database }) => database).map(
  ({ name }) => name,
);

/** The database role of a service. */
export const roleOf = (service: string): string => `${service.replaceAll('-', '_')}_service`;

/** Services with a cache user, by name. */
export const CACHE_USERS: Readonly<Record<string, CacheDeclaration>> = Object.fromEntries(
  ALL_SERVICES.flatMap(({ name, cache }) => (cache ? [[name, cache] as const] : [])),
);

/** Services that connect to the database or the cache. They use a password on a laptop, and IAM on AWS. */
export const SERVICES_WITH_PASSWORD: readonly string[] = [
  ...new Set([...DATABASE_SERVICES, ...Object.keys(CACHE_USERS)]),
];

/** Every queue by name. */
export const QUEUES: readonly string[] = ALL_SERVICES.flatMap(({ queues }) => Object.keys(queues ?? {}));

/** The producer of each event type. */
export const EVENT_PRODUCERS: Readonly<Record<string, string>> = Object.fromEntries(
  ALL_SERVICES.flatMap(({ name, events }) => Object.keys(events ?? {}).map((type) => [type, name] as const)),
);

/** The queues that each event type is routed to. */
export const EVENT_ROUTES: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.keys(EVENT_PRODUCERS).map((type) => [
    type,
    ALL_SERVICES.flatMap(({ queues }) =>
      Object.entries(queues ?? {}).flatMap(([queue, { events = [] }]) => (events.includes(type) ? [queue] : [])),
    ),
  ]),
);

/** The event types that a function publishes; `*` stands for all of them. */
export const publishedTypes = ({ publishes = [] }: FunctionDeclaration): string[] =>
  publishes.includes('*') ? Object.keys(EVENT_PRODUCERS) : [...publishes];

/** The worker of a queue, if it has one. */
export const consumerOf = (queue: string): DeclaredFunction | undefined =>
  declaredFunctions().find((fn) => fn.consumes === queue);

/** @returns the contradictions in the declarations, one line each */
export function declarationFaults(services: readonly ServiceDeclaration[] = ALL_SERVICES): string[] {
  const types = services.flatMap(({ events }) => Object.keys(events ?? {}));
  const queues = services.flatMap((each) => Object.keys(each.queues ?? {}));
  const functions = services.flatMap((each) => Object.keys(each.functions));
  const paths = services.flatMap((each) =>
    Object.values(each.routes ?? {}).map(({ method, path }) => `${method} ${path}`),
  );
  return [
    ...duplicates(
      'service',
      services.map(({ name }) => name),
    ),
    ...duplicates('function', functions),
    ...duplicates('queue', queues),
    ...duplicates('event type', types),
    ...duplicates('route', paths),
    ...services.flatMap((service) => serviceFaults(service, types, queues)),
  ];
}

/** @throws Error that names every contradiction in the declarations */
export function assertDeclarations(): void {
  const faults = declarationFaults();
  if (faults.length > 0) throw new Error(`Declarations: ${faults.join('; ')}.`);
}

const duplicates = (what: string, names: string[]): string[] =>
  [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map(
    (name) => `${what} ${name}: declared twice`,
  );

function serviceFaults(service: ServiceDeclaration, types: string[], queues: string[]): string[] {
  const say = (fault: string) => `service ${service.name}: ${fault}`;
  const faults: string[] = [];
  if (!/^[a-z][a-z0-9-]{1,30}$/.test(service.name))
    faults.push(say('its name must be 2 to 31 lower-case letters, digits and dashes, and begin with a letter'));
  for (const [queue, { events = [] }] of Object.entries(service.queues ?? {}))
    for (const type of events.filter((each) => !types.includes(each)))
      faults.push(say(`queue ${queue} takes ${type}, which no service publishes; published are ${types.join(', ')}`));
  const apis = Object.values(service.functions).filter(({ kind }) => kind === 'api').length;
  if (apis !== (service.routes ? 1 : 0))
    faults.push(say('it needs one function of kind api exactly when it has routes'));
  for (const [name, fn] of Object.entries(service.functions)) faults.push(...functionFaults(service, name, fn, queues));
  return faults;
}

function functionFaults(
  service: ServiceDeclaration,
  name: string,
  fn: FunctionDeclaration,
  queues: string[],
): string[] {
  const say = (fault: string) => `function ${name}: ${fault}`;
  const own = Object.keys(service.events ?? {});
  const foreign = (fn.publishes ?? []).filter((type) => type !== '*' && !own.includes(type));
  const unknown = [fn.consumes ?? [], fn.sendsTo ?? [], fn.probes ?? []]
    .flat()
    .filter((queue) => !queues.includes(queue));
  return [
    ...foreign.map((type) => say(`it publishes ${type}, which is not among the service's events`)),
    ...unknown.map((queue) => say(`there is no queue ${queue}; queues are ${queues.join(', ')}`)),
    ...(fn.kind === 'worker' && !fn.consumes ? [say('a worker needs `consumes`')] : []),
    ...(fn.consumes && !Object.hasOwn(service.queues ?? {}, fn.consumes)
      ? [say(`it consumes ${fn.consumes}, which another service declares`)]
      : []),
    ...(fn.database && !service.database
      ? [say('it connects to the database, and the service declares no `database`')]
      : []),
    ...(fn.cache && !service.cache ? [say('it connects to the cache, and the service declares no `cache`')] : []),
    ...(fn.outsideNetwork && (fn.database || fn.cache)
      ? [say('outside the network it reaches neither the database nor the cache')]
      : []),
  ];
}
