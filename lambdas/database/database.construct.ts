import { Construct } from 'constructs';
import type { ServiceFunction } from '../../lib/constructs/service-function.ts';
import { passwordParameter, stageSecret } from '../../lib/constructs/stage-secret.ts';
import type { Stage } from '../../lib/stage.ts';
import { CONNECTIONS_PER_POOL } from './database.client.ts';
import { type DatabaseService, roleOf } from './database-roles.ts';

/** A writer pool and a reader pool. */
const POOLS = 2;

export interface DatabaseProps {
  stage: Stage;
}

/** The database: hands out connections, one role a service, and counts them. */
export class Database extends Construct {
  readonly #stage: Stage;
  readonly #connected: ServiceFunction[] = [];

  constructor(scope: Construct, id: string, { stage }: DatabaseProps) {
    super(scope, id);
    this.#stage = stage;
  }

  /** Lets a function connect as a service's role, to the writer and the readers. */
  connect(fn: ServiceFunction, service: DatabaseService): void {
    const { writer, reader, name } = this.#stage.database;
    const environment = {
      DATABASE_WRITER: writer,
      DATABASE_READER: reader,
      DATABASE_NAME: name,
      DATABASE_USER: roleOf(service),
      DATABASE_PASSWORD: stageSecret(this, passwordParameter(service)),
      DATABASE_TLS: 'off',
    };
    for (const [key, value] of Object.entries(environment)) fn.function.addEnvironment(key, value);
    this.#connected.push(fn);
  }

  /** The most connections that the functions can open, all running at once. */
  get connectionsAtMost(): number {
    return this.#connected.reduce((sum, fn) => sum + boundOf(fn) * POOLS * CONNECTIONS_PER_POOL, 0);
  }

  /** @throws Error when the functions could open more connections than the server gives */
  assertConnectionBudget(): void {
    const { maxConnections, reservedConnections } = this.#stage.database;
    const budget = maxConnections - reservedConnections;
    if (this.connectionsAtMost <= budget) return;
    throw new Error(
      `Stage ${this.#stage.name}: the functions may open ${this.connectionsAtMost} database connections, allowed are ${budget}. ` +
        'Lower concurrency.api or concurrency.worker in lib/stage.ts, or raise maxConnections.',
    );
  }
}

function boundOf(fn: ServiceFunction): number {
  if (fn.concurrency === undefined)
    throw new Error(`Function ${fn.functionName} connects to the database and needs a bound on its concurrency.`);
  return fn.concurrency;
}
