import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { publishedTypes } from '../../lambdas/registry.ts';
import type { Route } from '../../lambdas/shared/contract.ts';
import type { FunctionDeclaration, FunctionKind, ServiceDeclaration } from '../../lambdas/shared/service.ts';
import { concurrencyOf } from './concurrency.ts';
import { pascalCase } from './names.ts';
import { ScheduledJob } from './scheduled-job.ts';
import {
  API_TIMEOUT,
  AUTHORIZER_TIMEOUT,
  BACKGROUND_TIMEOUT,
  MIGRATION_TIMEOUT,
  ServiceFunction,
  type ServiceFunctionProps,
  WORKER_TIMEOUT,
} from './service-function.ts';
import type { ServiceTier } from './service-tier.ts';

const TIMEOUTS: Record<FunctionKind, Duration> = {
  api: API_TIMEOUT,
  authorizer: AUTHORIZER_TIMEOUT,
  worker: WORKER_TIMEOUT,
  job: BACKGROUND_TIMEOUT,
  operation: BACKGROUND_TIMEOUT,
  migration: MIGRATION_TIMEOUT,
};

/**
 * The functions of a declared service, each with its trigger, connections and queue grants. The service's own construct
 * adds what a declaration cannot express: keys, secrets and identities.
 */
export class DeclaredService<D extends ServiceDeclaration = ServiceDeclaration> extends Construct {
  readonly declaration: D;
  readonly #functions = new Map<string, ServiceFunction>();

  constructor(scope: Construct, id: string, declaration: D, tier: ServiceTier, environment?: Record<string, string>) {
    super(scope, id);
    this.declaration = declaration;
    for (const [name, fn] of Object.entries(declaration.functions))
      if (tier.stage.aws || fn.runsOn !== 'aws')
        this.#functions.set(name, this.#addFunction(name, fn, tier, environment));
  }

  get routes(): Record<string, Route> {
    return this.declaration.routes ?? {};
  }

  /** The functions of this stage. */
  get functions(): ServiceFunction[] {
    return [...this.#functions.values()];
  }

  /** The function that serves the routes. */
  get api(): ServiceFunction {
    const name = Object.entries(this.declaration.functions).find(([, { kind }]) => kind === 'api')?.[0];
    return this.functionNamed(name ?? '(api)');
  }

  /** @throws Error for a function that the stage does not have */
  functionNamed(name: keyof D['functions'] & string): ServiceFunction {
    const found = this.#functions.get(name);
    if (!found) throw new Error(`Service ${this.declaration.name} has no function ${name} in this stage.`);
    return found;
  }

  #addFunction(
    name: string,
    declared: FunctionDeclaration,
    tier: ServiceTier,
    environment: Record<string, string> | undefined,
  ): ServiceFunction {
    const { stage } = tier;
    const props: ServiceFunctionProps = {
      stage,
      network: declared.outsideNetwork ? undefined : tier.network,
      service: this.declaration.name,
      name,
      description: declared.description,
      timeout: TIMEOUTS[declared.kind],
      userFacing: declared.kind === 'api' || declared.kind === 'authorizer',
      ...(declared.startsCold && { startsCold: true }),
      ...(declared.kind === 'authorizer' && { expectedExceptions: 'TokenRejected' }),
      ...concurrencyOf(declared, stage),
      ...(declared.memoryMiB && { memoryMiB: declared.memoryMiB }),
      ...(environment && { environment }),
    };
    const id = pascalCase(name);
    const every = declared.everyMinutes === undefined ? undefined : Duration.minutes(declared.everyMinutes);
    const fn =
      declared.kind === 'job'
        ? new ScheduledJob(this, id, { ...props, every }).function
        : new ServiceFunction(this, id, props);
    this.#connect(fn, declared, tier);
    return fn;
  }

  #connect(fn: ServiceFunction, declared: FunctionDeclaration, { database, cache, queues }: ServiceTier): void {
    const { name } = this.declaration;
    const waits = declared.kind === 'job' || declared.kind === 'operation';
    if (declared.database) database.connect(fn, name, waits ? 'background' : undefined);
    if (declared.cache) cache.connect(fn, name);
    // Also for none: a function that publishes what it does not declare then gets an error that says so.
    queues.grantPublish(fn, publishedTypes(declared));
    if (declared.sendsTo) queues.grantSend(fn, declared.sendsTo);
    for (const queue of declared.probes ?? []) queues.grantProbe(fn, queue);
    if (declared.consumes) queues.consume(declared.consumes, fn);
  }
}
