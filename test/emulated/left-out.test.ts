import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EmulatedAccount } from '../support/emulated/account.ts';
import { type AppStack, Deployment, stacksIn } from '../support/emulated/deployment.ts';
import {
  CUSTOM_RESOURCES,
  UNSUPPORTED_ATTRIBUTES,
  UNSUPPORTED_PROPERTIES,
  UNSUPPORTED_TYPES,
} from '../support/emulated/left-out.ts';
import { releaseFolder } from '../support/emulated/releases.ts';

const templates = (['dev', 'prod'] as const).flatMap((stage) => stacksIn(releaseFolder(stage)));
const listed = [UNSUPPORTED_TYPES, CUSTOM_RESOURCES, UNSUPPORTED_ATTRIBUTES, UNSUPPORTED_PROPERTIES];

describe('what the tests leave out of the templates', () => {
  let account: EmulatedAccount;
  let deployment: Deployment;
  beforeAll(async () => {
    account = await EmulatedAccount.start();
    deployment = new Deployment(account);
  });
  afterAll(() => account.stop());

  /** A stack with a template that is deployed as it is. */
  const probe = (Resources: AppStack['template']['Resources'], Outputs = {}): AppStack => {
    const [state] = templates as [AppStack];
    const known = Object.values(Resources).map(({ Type }) => Type);
    return { ...state, name: 'probe', template: { Resources, Outputs }, known };
  };

  async function failuresOf(...template: Parameters<typeof probe>): Promise<string> {
    const stack = probe(...template);
    expect(await deployment.deploy(stack)).toBe('ROLLBACK_COMPLETE');
    return (await deployment.failuresOf(stack)).join();
  }

  it('is in the templates', () => {
    const types = new Set(
      templates.flatMap(({ template }) => Object.values(template.Resources).map(({ Type }) => Type)),
    );
    expect(listed.flatMap((list) => Object.keys(list)).filter((type) => !types.has(type))).toEqual([]);
  });

  it.each(Object.keys(UNSUPPORTED_TYPES))('the emulator refuses %s', async (Type) => {
    await expect(deployment.deploy(probe({ Probe: { Type, Properties: {} } }))).rejects.toThrow(
      `Unrecognized resource types: [${Type}]`,
    );
  });

  it('the emulator does not return the DKIM tokens of a mail identity', async () => {
    const identity = { Type: 'AWS::SES::EmailIdentity', Properties: { EmailIdentity: 'probe.example' } };
    const token = { Value: { 'Fn::GetAtt': ['Probe', 'DkimDNSTokenName1'] } };
    expect(await failuresOf({ Probe: identity }, { Token: token })).toContain('DkimDNSTokenName1 does not exist');
  });

  it("the emulator does not return a network's IPv6 addresses", async () => {
    const vpc = { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } };
    const block = { Value: { 'Fn::Select': [0, { 'Fn::GetAtt': ['Probe', 'Ipv6CidrBlocks'] }] } };
    expect(await failuresOf({ Probe: vpc }, { Block: block })).toContain('Ipv6CidrBlocks does not exist');
  });

  it('the emulator refuses an alarm on metric math', async () => {
    const condition = { ComparisonOperator: 'GreaterThanThreshold', Threshold: 1, EvaluationPeriods: 1 };
    const Metrics = [{ Id: 'sum', Expression: 'a + b' }];
    const alarm = { Type: 'AWS::CloudWatch::Alarm', Properties: { ...condition, Metrics } };
    expect(await failuresOf({ Probe: alarm })).toContain('(metric math) is not supported');
  });
});
