import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EmulatedAccount } from '../support/emulated/account.ts';
import { Deployment, stacksIn } from '../support/emulated/deployment.ts';
import { canProbe, exists } from '../support/emulated/existence.ts';
import { fitTemplate } from '../support/emulated/left-out.ts';
import { releaseFolder } from '../support/emulated/releases.ts';

interface Deployed {
  stack: string;
  region: string;
  logicalId: string;
  id: string;
  type: string;
  /** Whether the template says that the resource stays when its stack is deleted. */
  retained: boolean;
}

const nameOf = ({ stack, logicalId, type }: Deployed) => `${stack}/${logicalId} (${type})`;

describe.each(['dev', 'prod'] as const)('%s is destroyed', (stage) => {
  let account: EmulatedAccount;
  let deployment: Deployment;
  const stacks = stacksIn(releaseFolder(stage));
  beforeAll(async () => {
    account = await EmulatedAccount.start();
    deployment = new Deployment(account);
    await deployment.deployAll(stacks);
  });
  afterAll(() => account.stop());

  async function deployedResources(): Promise<Deployed[]> {
    const each = stacks.map(async (stack) => {
      const ids = await deployment.resourcesOf(stack);
      return Object.entries(fitTemplate(stack.template).Resources).map(
        ([logicalId, { Type, DeletionPolicy = '' }]) => ({
          stack: stack.name,
          region: stack.region,
          logicalId,
          id: ids[logicalId] ?? '',
          type: Type,
          retained: DeletionPolicy.startsWith('Retain'),
        }),
      );
    });
    return (await Promise.all(each)).flat();
  }

  if (stage === 'prod')
    it('a stack with data cannot be deleted before its protection is turned off', async () => {
      const stateful = stacks.filter(({ terminationProtection }) => terminationProtection);
      expect(stateful.map(({ name }) => name.split('-').at(-1))).toEqual(['state', 'network', 'data']);
      for (const stack of stateful) {
        await expect(deployment.destroy(stack)).rejects.toThrow('TerminationProtection is enabled');
        await deployment.setTerminationProtection(stack, false);
      }
    });

  it('exactly the resources that the templates retain stay', async () => {
    const resources = await deployedResources();
    const probed = resources.filter(({ type }) => canProbe(type));
    const stayed = async () => {
      const found = await Promise.all(probed.map((each) => exists(account, each)));
      return probed.filter((_, index) => found[index]).map(nameOf);
    };
    expect(await stayed()).toEqual(probed.map(nameOf));
    const skipped: string[] = [];
    for (const stack of [...stacks].reverse()) {
      const { StackId = '' } = (await deployment.describe(stack)) ?? {};
      expect(await deployment.destroy(stack)).toBe('DELETE_COMPLETE');
      const events = await deployment.eventsOf({ ...stack, name: StackId });
      for (const { ResourceStatus, LogicalResourceId, ResourceType } of events)
        if (ResourceStatus === 'DELETE_SKIPPED')
          skipped.push(nameOf({ stack: stack.name, logicalId: LogicalResourceId, type: ResourceType } as Deployed));
    }
    const retained = resources.filter((each) => each.retained);
    expect(skipped.sort()).toEqual(retained.map(nameOf).sort());
    expect(await stayed()).toEqual(retained.filter(({ type }) => canProbe(type)).map(nameOf));
  });
});
