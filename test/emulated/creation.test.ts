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
    expect(Object.keys(statuses)).toEqual(
      ['state', 'network', 'data', 'services', 'gateway', 'edge', 'monitoring'].map(
        (name) => `throughline-${stage}-${name}`,
      ),
    );
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

describe.each(['dev', 'prod'] as const)('a first deployment of %s that fails', (stage) => {
  let account: EmulatedAccount;
  let deployment: Deployment;
  beforeAll(async () => {
    account = await EmulatedAccount.start();
    deployment = new Deployment(account);
  });
  afterAll(() => account.stop());
  const stacks = stacksIn(releaseFolder(stage));

  it.each(stacks.map((stack) => [stack.name, stack] as const))(
    '%s is rolled back and created by the second',
    async (_, stack) => {
      expect(await deployment.deploy(withFailure(stack))).toBe('ROLLBACK_COMPLETE');
      expect(await deployment.failuresOf(stack)).toEqual([expect.stringContaining(BROKEN)]);
      if (stack.terminationProtection) {
        // The CDK CLI protects a stack before it creates the resources.
        await expect(deployment.deploy(stack)).rejects.toThrow('TerminationProtection is enabled');
        await deployment.setTerminationProtection(stack, false);
      }
      expect(await deployment.deploy(stack)).toBe('CREATE_COMPLETE');
    },
  );
});
