import { Construct } from 'constructs';
import type { ServiceFunction } from '../../lib/constructs/service-function.ts';
import { passwordParameter, stageSecret } from '../../lib/constructs/stage-secret.ts';
import type { Stage } from '../../lib/stage.ts';
import type { CacheService } from './cache-users.ts';

export interface CacheProps {
  stage: Stage;
}

/** The cache: hands out connections, one user a service. */
export class Cache extends Construct {
  readonly #stage: Stage;

  constructor(scope: Construct, id: string, { stage }: CacheProps) {
    super(scope, id);
    this.#stage = stage;
  }

  /** Lets a function connect as a service's user. */
  connect(fn: ServiceFunction, service: CacheService): void {
    const { host, port } = this.#stage.cache;
    const environment = {
      CACHE_HOST: host,
      CACHE_PORT: String(port),
      CACHE_USER: service,
      CACHE_PASSWORD: stageSecret(this, passwordParameter(service)),
      CACHE_TLS: 'off',
    };
    for (const [key, value] of Object.entries(environment)) fn.function.addEnvironment(key, value);
  }
}
