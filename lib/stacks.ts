import { type App, CfnResource, CrossStackReferences, ReferenceStrength, Stack } from 'aws-cdk-lib';
import { type Stage, zoneNames } from './stage.ts';

/**
 * The stacks in deployment order. Stateful resources are separate from those that can be replaced. From a `removable`
 * stack, a release may take out what other stacks use, such as a service (docs/decisions/0025).
 */
export const STACKS = {
  network: { stateful: true, removable: false, about: 'Subnets, endpoints, security groups' },
  state: { stateful: true, removable: true, about: 'Signing key, queues, mail identity, secrets' },
  data: { stateful: true, removable: false, about: 'Aurora PostgreSQL and Valkey' },
  services: { stateful: false, removable: true, about: 'Functions of the services and workers' },
  gateway: { stateful: false, removable: true, about: 'API Gateway and the load balancer' },
  edge: { stateful: false, removable: true, about: 'DNS, CloudFront, AWS WAF, storefront' },
  monitoring: { stateful: false, removable: true, about: 'Dashboard, alarms, budget, game days' },
} as const;
export type StackName = keyof typeof STACKS;

/** The name of a stack without its stage and region. The local stage has stacks of the same names. */
export function shortStackName(id: string): StackName {
  const found = Object.keys(STACKS).find((name) => id.endsWith(`-${name}`));
  if (!found) throw new Error(`${id} is no stack of this app; they end in ${Object.keys(STACKS).join(', ')}.`);
  return found as StackName;
}

/** CloudFront requires its certificates, web ACLs and logs in this region, whatever the stage's region is. */
export const EDGE_REGION = 'us-east-1';

export const stackName = (stage: Stage, name: StackName): string => `${stage.globalName}-${name}`;
export const stackRegion = ({ env }: Stage, name: StackName): string => (name === 'edge' ? EDGE_REGION : env.region);

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
    const stack = new ZonedStack(this.#app, stackName(this.#stage, name), {
      description: `Throughline, ${this.#stage.name}: ${about}`,
      env: { account: env.account, region: stackRegion(this.#stage, name) },
      terminationProtection: stateful && this.#stage.protect,
      ...(aws && { tags: { project: 'throughline', stage: this.#stage.regionalName } }),
    });
    CrossStackReferences.of(stack).consume(ReferenceStrength.WEAK);
    this.#created.set(name, stack);
    return stack;
  }

  /**
   * Has CloudFormation refuse to change or remove what other stacks use of the network and the data. All other references
   * are weak. Call it when all resources exist.
   */
  protectReferences(): void {
    for (const [name, stack] of this.#created)
      if (!STACKS[name].removable)
        for (const each of stack.node.findAll())
          if (CfnResource.isCfnResource(each)) CrossStackReferences.of(each).produce(ReferenceStrength.STRONG);
  }

  get all(): Stack[] {
    return [...this.#created.values()];
  }
}
