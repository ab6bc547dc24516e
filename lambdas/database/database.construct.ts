import { Construct } from 'constructs';
import type { ServiceFunction } from '../../lib/constructs/service-function.ts';
import { passwordParameter, stageSecret } from '../../lib/constructs/stage-secret.ts';
import type { Stage } from '../../lib/stage.ts';
import { roleOf } from '../registry.ts';
import type { Aurora } from './aurora.construct.ts';
import { CONNECTIONS_PER_POOL } from './connections.ts';
import { BACKGROUND_CONNECT_TIMEOUT_MS } from './database.client.ts';

/** A writer pool and a reader pool. */
const POOLS = 2;

export interface DatabaseProps {
  stage: Stage;
  /** Set on AWS. On a laptop the stage has the address of a running database. */
  aurora?: Aurora;
}

/** The database. It connects functions, each with its service's role, and counts their connections. */
export class Database extends Construct {
  readonly #props: DatabaseProps;
  readonly #connected: ServiceFunction[] = [];

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    this.#props = props;
  }

  /**
   * Lets a function connect to the writer and the readers with a service's role. A background caller waits for a paused
   * database to resume. All other callers get 503 soon.
   */
  connect(fn: ServiceFunction, service: string, callerKind?: 'background'): void {
    const { stage, aurora } = this.#props;
    this.#connected.push(fn);
    fn.setEnvironment({ DATABASE_NAME: stage.database.name, DATABASE_USER: roleOf(service) });
    if (callerKind) fn.setEnvironment({ DATABASE_CONNECT_TIMEOUT_MS: String(BACKGROUND_CONNECT_TIMEOUT_MS) });
    if (stage.database.kind === 'given') {
      const { writer, reader } = stage.database;
      const password = stageSecret(this, passwordParameter(service));
      fn.setEnvironment({ DATABASE_WRITER: writer, DATABASE_READER: reader, DATABASE_PASSWORD: password });
      return;
    }
    if (!aurora) throw new Error(`Stage ${stage.name} needs an Aurora cluster, but Database was created without one.`);
    aurora.grantConnect(fn.function, roleOf(service));
    fn.join('database-clients');
    fn.setEnvironment({ DATABASE_WRITER: aurora.writerAddress, DATABASE_READER: aurora.readerAddress });
  }

  /** The number of connections when all functions run at their concurrency limit. */
  get connectionsAtMost(): number {
    return this.#connected.reduce((sum, fn) => sum + boundOf(fn) * POOLS * CONNECTIONS_PER_POOL, 0);
  }

  /** @throws Error if the functions could open more connections than the server accepts */
  assertConnectionBudget(): void {
    const { stage } = this.#props;
    const { maxConnections, reservedConnections } = stage.database;
    const budget = maxConnections - reservedConnections;
    if (this.connectionsAtMost <= budget) return;
    throw new Error(
      `Stage ${stage.name}: the functions can open ${this.connectionsAtMost} database connections, but the limit is ${budget}. ` +
        'Lower concurrency.api or concurrency.worker in lib/stage.ts, or raise maxConnections.',
    );
  }
}

function boundOf(fn: ServiceFunction): number {
  if (fn.concurrency === undefined)
    throw new Error(`Function ${fn.functionName} connects to the database, so it needs a concurrency limit.`);
  return fn.concurrency;
}
