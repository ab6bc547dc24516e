import { Construct } from 'constructs';
import type { ServiceFunction } from '../../lib/constructs/service-function.ts';
import { passwordParameter, stageSecret } from '../../lib/constructs/stage-secret.ts';
import type { Stage } from '../../lib/stage.ts';
import type { ValkeyCluster } from './valkey.construct.ts';

export interface CacheProps {
  stage: Stage;
  /** Set on AWS. On a laptop the stage has the address of a running cache. */
  valkey?: ValkeyCluster;
}

/** The cache. It connects functions, each with its service's user. */
export class Cache extends Construct {
  readonly #props: CacheProps;

  constructor(scope: Construct, id: string, props: CacheProps) {
    super(scope, id);
    this.#props = props;
  }

  /** Lets a function connect as a service's user. */
  connect(fn: ServiceFunction, service: string): void {
    const { stage, valkey } = this.#props;
    if (stage.cache.kind === 'given') {
      const { host, port } = stage.cache;
      const password = stageSecret(this, passwordParameter(service));
      fn.setEnvironment({
        CACHE_HOST: host,
        CACHE_PORT: String(port),
        CACHE_USER: service,
        CACHE_PASSWORD: password,
      });
      return;
    }
    if (!valkey) throw new Error(`Stage ${stage.name} needs a Valkey cluster, but Cache was created without one.`);
    valkey.grantConnect(fn.function, service);
    fn.join('cache-clients');
    fn.setEnvironment({
      CACHE_HOST: valkey.host,
      CACHE_PORT: valkey.port,
      CACHE_USER: valkey.userOf(service),
      CACHE_IAM_NAME: valkey.id,
    });
  }
}
