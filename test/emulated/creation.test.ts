import { GetAliasCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EmulatedAccount } from '../support/emulated/account.ts';
import { BROKEN, Deployment, stacksIn, withFailure } from '../support/emulated/deployment.ts';
import { fitTemplate } from '../support/emulated/left-out.ts';
import { releaseFolder } from '../support/emulated/releases.ts';

describe.each(['dev', 'prod'] as const)('stage %s in an empty account', (stage) => {
  let account: EmulatedAccount;
  let deployment: Deployment;
  beforeAll(async () => {
    account = await EmulatedAccount.start();
    deployment = new Deployment(account);
  });
  afterAll(() => account.stop());
  const stacks = () => stacksIn(releaseFolder(stage));

  it('CloudFormation creates every stack in order', async () => {
    const statuses = await deployment.deployAll(stacks());
    expect(Object.values(statuses)).toEqual(stacks().map(() => 'CREATE_COMPLETE'));
    const names = Object.keys(statuses).map((name) => name.split('-').at(-1));
    expect(names).toEqual(['state', 'network', 'data', 'services', 'gateway', 'edge', 'monitoring']);
  });

  it('each stack has the resources of its template, except those that the emulator does not know', async () => {
    for (const stack of stacks()) {
      const created = await deployment.resourcesOf(stack);
      expect(Object.keys(created).sort()).toEqual(Object.keys(fitTemplate(stack.template).Resources).sort());
      expect(Object.values(created)).not.toContain('');
    }
  });

  it('every alias points to a published version', async () => {
    let aliases = 0;
    for (const stack of stacks()) {
      const ids = await deployment.resourcesOf(stack);
      for (const { Type, Properties } of Object.values(stack.template.Resources)) {
        if (Type !== 'AWS::Lambda::Alias') continue;
        const get = new GetAliasCommand({ FunctionName: ids[Properties.FunctionName.Ref], Name: 'live' });
        expect((await account.lambda(stack.region).send(get)).FunctionVersion).toBe('1');
        aliases++;
      }
    }
    expect(aliases).toBeGreaterThan(15);
  });
});

describe.each(['dev', 'prod-first'] as const)('a first deployment of %s that fails', (release) => {
  let account: EmulatedAccount;
  let deployment: Deployment;
  beforeAll(async () => {
    account = await EmulatedAccount.start();
    deployment = new Deployment(account);
  });
  afterAll(() => account.stop());
  const stacks = stacksIn(releaseFolder(release));

  it.each(stacks.map((stack) => [stack.name, stack] as const))(
    '%s is rolled back and created by the second',
    async (_, stack) => {
      expect(await deployment.deploy(withFailure(stack))).toBe('ROLLBACK_COMPLETE');
      expect(await deployment.failuresOf(stack)).toEqual([expect.stringContaining(BROKEN)]);
      expect(await deployment.deploy(stack)).toBe('CREATE_COMPLETE');
    },
  );

  if (release === 'prod-first')
    it('the second deployment of prod protects its data', async () => {
      const protectedStacks = stacksIn(releaseFolder('prod'));
      await deployment.deployAll(protectedStacks);
      const described = await Promise.all(protectedStacks.map((stack) => deployment.describe(stack)));
      const names = described.flatMap((stack) => (stack?.EnableTerminationProtection ? [stack.StackName] : []));
      expect(names.map((name) => name?.split('-').at(-1))).toEqual(['state', 'network', 'data']);
    });
});
