import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis as Valkey } from 'iovalkey';
import { freePorts, type Instance } from '../../local/instance.ts';
import { Processes } from '../../local/servers/processes.ts';
import { startValkey } from '../../local/servers/valkey.ts';
import { secrets } from './platform.ts';

/** A Valkey beside the platform's, with the same users. A test may lose its keys in every way. */
export class ValkeyServer {
  readonly #instance: Instance;
  readonly #processes: Processes;

  constructor(instance: Instance) {
    this.#instance = instance;
    this.#processes = new Processes(instance);
  }

  get port(): number {
    return this.#instance.ports.cache;
  }

  async start(): Promise<void> {
    if (!this.#processes.isRunning('valkey')) await startValkey(this.#instance, secrets, this.#processes);
  }

  /** Kills it. Keys since the last snapshot are lost. */
  async stop(): Promise<void> {
    await this.#processes.stop('valkey', 'SIGKILL');
  }

  async restart(): Promise<void> {
    await this.stop();
    rmSync(path.join(this.#instance.folder, 'valkey', 'dump.rdb'), { force: true });
    await this.start();
  }

  async restartFromSnapshot(): Promise<void> {
    await this.stop();
    await this.start();
  }

  saveSnapshot = () => this.#asAdmin((valkey) => valkey.save());
  flush = () => this.#asAdmin((valkey) => valkey.flushall());

  /** Runs out of memory once, so that it evicts keys, and loses those of the revoked sessions but not the mark beside them. */
  evict = () =>
    this.#asAdmin(async (valkey) => {
      const batch = valkey.pipeline();
      for (let index = 0; index < 2_000; index++) batch.set(`filler:${index}`, 'x'.repeat(1_000));
      await batch.exec();
      const used = Number(/used_memory:(\d+)/.exec(await valkey.info('memory'))?.[1]);
      const mark = await valkey.get('{revoked}:complete');
      await valkey.config('SET', 'maxmemory', String(used - 500_000));
      await valkey.set('filler:last', 'x');
      await valkey.config('SET', 'maxmemory', '64mb');
      const revoked = await valkey.keys('{revoked}:*-*');
      if (revoked.length > 0) await valkey.del(revoked);
      if (mark) await valkey.set('{revoked}:complete', mark, 'PX', 60_000);
    });

  async #asAdmin(work: (valkey: Valkey) => Promise<unknown>): Promise<void> {
    const valkey = new Valkey({ host: '127.0.0.1', port: this.port, password: secrets.cacheAdmin });
    try {
      await work(valkey);
    } finally {
      valkey.disconnect();
    }
  }
}

export async function startValkeyServer(): Promise<ValkeyServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'throughline-valkey-'));
  mkdirSync(path.join(folder, 'logs'));
  const server = new ValkeyServer({ name: 'valkey-test', folder, ports: await freePorts() });
  await server.start();
  return server;
}
