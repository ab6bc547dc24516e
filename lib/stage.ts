import * as z from 'zod';

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
  /** How many of a function may run at once; with the pool size, this is what the database has to bear. */
  readonly concurrency: { readonly api: number; readonly worker: number };
  readonly database: DatabasePlan;
  readonly cache: { readonly host: string; readonly port: number };
}

export interface DatabasePlan {
  readonly writer: string;
  readonly reader: string;
  readonly name: string;
  /** The server's limit, and how many of it are kept for migrations, replication and people. */
  readonly maxConnections: number;
  readonly reservedConnections: number;
}

/** Values that a run of the app may set, by `-c name=value`. */
const contextSchema = z.object({
  stage: z.enum(['local', 'dev', 'prod']).default('local'),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/)
    .default('eu-central-1'),
  edgePort: port(8080),
  writerPort: port(54320),
  readerPort: port(54321),
  cachePort: port(63790),
});
export type StageContext = z.input<typeof contextSchema>;

/** A TCP port, also as a string, since the command line knows nothing else. */
function port(standard: number) {
  return z.coerce.number().int().min(1).max(65_535).default(standard);
}

const LOCAL_ACCOUNT = '000000000000';
export const LOCAL_MAX_CONNECTIONS = 200;

/**
 * The stage that the context names.
 * @throws StageError that names the setting, the value given and what is allowed
 */
export function resolveStage(context: Record<string, unknown>): Stage {
  const parsed = contextSchema.safeParse(context);
  if (!parsed.success) throw new StageError(parsed.error, context);
  const { stage, region, ...ports } = parsed.data;
  if (stage !== 'local') {
    throw new Error(`Stage "${stage}": its network, database and edge are not in this version; -c stage=local is.`);
  }
  return localStage(region, ports);
}

function localStage(
  region: string,
  ports: { edgePort: number; writerPort: number; readerPort: number; cachePort: number },
): Stage {
  return {
    name: 'local',
    env: { account: LOCAL_ACCOUNT, region },
    publicOrigin: `http://127.0.0.1:${ports.edgePort}`,
    internalOrigin: `http://127.0.0.1:${ports.edgePort}`,
    mailDomain: 'throughline.example',
    architecture: 'host',
    retainData: false,
    logRetentionDays: 3,
    paymentProvider: 'sandbox',
    concurrency: { api: 8, worker: 2 },
    database: {
      writer: `127.0.0.1:${ports.writerPort}`,
      reader: `127.0.0.1:${ports.readerPort}`,
      name: 'throughline',
      maxConnections: LOCAL_MAX_CONNECTIONS,
      reservedConnections: 20,
    },
    cache: { host: '127.0.0.1', port: ports.cachePort },
  };
}

/** A setting that does not fit: one line that says which, what was given and what is allowed. */
export class StageError extends Error {
  constructor(error: z.ZodError, context: Record<string, unknown>) {
    const faults = error.issues.map((issue) => {
      const name = String(issue.path[0]);
      return `-c ${name}=${String(context[name])}: ${issue.message}`;
    });
    super(`Stage: ${faults.join('; ')}`);
    this.name = 'StageError';
  }
}
