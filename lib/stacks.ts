import { type App, Stack } from 'aws-cdk-lib';
import { type Stage, zoneNames } from './stage.ts';

/** The stacks in the order in which they are deployed. What must outlive a deployment is apart from what can be replaced. */
export const STACKS = {
  network: { stateful: true, about: 'Subnets, endpoints, security groups' },
  state: { stateful: true, about: 'Signing key, queues, mail identity, secrets' },
  data: { stateful: true, about: 'Aurora PostgreSQL and Valkey' },
  services: { stateful: false, about: 'Functions of the services and workers' },
  gateway: { stateful: false, about: 'API Gateway and the load balancer' },
  edge: { stateful: false, about: 'Names, CloudFront, firewall, storefront' },
  monitoring: { stateful: false, about: 'Dashboard, alarms, budget, game days' },
} as const;
export type StackName = keyof typeof STACKS;

/** CloudFront's certificates, firewalls and logs live here, whatever the stage's region. */
export const EDGE_REGION = 'us-east-1';

/** Its zones are named by the stage. A stack of the CDK's own would have the CLI ask AWS for them. */
class ZonedStack extends Stack {
  override get availabilityZones(): string[] {
    return zoneNames(this.region, 3);
  }
}

/** Makes a stack when it is first asked for. The laptop has two: `state`, and `services` with the gateway in it. */
export class Stacks {
  readonly #app: App;
  readonly #stage: Stage;
  readonly #made = new Map<StackName, Stack>();

  constructor(app: App, stage: Stage) {
    this.#app = app;
    this.#stage = stage;
  }

  get(name: StackName): Stack {
    const known = this.#made.get(name);
    if (known) return known;
    const { stateful, about } = STACKS[name];
    const { env, aws } = this.#stage;
    const stack = new ZonedStack(this.#app, `throughline-${this.#stage.name}-${name}`, {
      description: `Throughline, ${this.#stage.name}: ${about}`,
      env: { account: env.account, region: name === 'edge' ? EDGE_REGION : env.region },
      terminationProtection: stateful && this.#stage.retainData,
      ...(aws && { crossRegionReferences: true, tags: { project: 'throughline', stage: this.#stage.name } }),
    });
    this.#made.set(name, stack);
    return stack;
  }

  get all(): Stack[] {
    return [...this.#made.values()];
  }
}
