import { type App, Stack } from 'aws-cdk-lib';
import { type Stage, zoneNames } from './stage.ts';

/** The stacks in deployment order. Stateful resources are separate from those that can be replaced. */
export const STACKS = {
  network: { stateful: true, about: 'Subnets, endpoints, security groups' },
  state: { stateful: true, about: 'Signing key, queues, mail identity, secrets' },
  data: { stateful: true, about: 'Aurora PostgreSQL and Valkey' },
  services: { stateful: false, about: 'Functions of the services and workers' },
  gateway: { stateful: false, about: 'API Gateway and the load balancer' },
  edge: { stateful: false, about: 'DNS, CloudFront, AWS WAF, storefront' },
  monitoring: { stateful: false, about: 'Dashboard, alarms, budget, game days' },
} as const;
export type StackName = keyof typeof STACKS;

/** CloudFront requires its certificates, web ACLs and logs in this region, whatever the stage's region is. */
export const EDGE_REGION = 'us-east-1';

/** Names the zones itself. With a plain `Stack` the CDK CLI would look them up in AWS. */
class ZonedStack extends Stack {
  override get availabilityZones(): string[] {
    return zoneNames(this.region, 3);
  }
}

/** Creates each stack on first use. The laptop has two: `state`, and `services` with the gateway in it. */
export class Stacks {
  readonly #app: App;
  readonly #stage: Stage;
  readonly #created = new Map<StackName, Stack>();

  constructor(app: App, stage: Stage) {
    this.#app = app;
    this.#stage = stage;
  }

  get(name: StackName): Stack {
    const existing = this.#created.get(name);
    if (existing) return existing;
    const { stateful, about } = STACKS[name];
    const { env, aws } = this.#stage;
    const stack = new ZonedStack(this.#app, `throughline-${this.#stage.name}-${name}`, {
      description: `Throughline, ${this.#stage.name}: ${about}`,
      env: { account: env.account, region: name === 'edge' ? EDGE_REGION : env.region },
      terminationProtection: stateful && this.#stage.retainData,
      ...(aws && { crossRegionReferences: true, tags: { project: 'throughline', stage: this.#stage.name } }),
    });
    this.#created.set(name, stack);
    return stack;
  }

  get all(): Stack[] {
    return [...this.#created.values()];
  }
}
