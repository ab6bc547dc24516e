import {
  GetFunctionConfigurationCommand,
  ListFunctionsCommand,
  ListVersionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { REGION } from '../../local/servers/emulator.ts';
import { EmulatedAccount } from '../support/emulated/account.ts';
import {
  type AppStack,
  BROKEN,
  Deployment,
  stacksIn,
  UNCHANGED,
  withFailure,
  withMigrations,
} from '../support/emulated/deployment.ts';
import { MIGRATION } from '../support/emulated/left-out.ts';
import { ADDED_SERVICE, releaseFolder } from '../support/emulated/releases.ts';

const current = stacksIn(releaseFolder('dev'));
const next = stacksIn(releaseFolder('dev-next'));
const named = (stacks: AppStack[], name: string): AppStack =>
  stacks.find((stack) => stack.name.endsWith(`-${name}`)) as AppStack;
/** The stacks that the added service changes. The others have no resource of a service. */
const CHANGED = ['data', 'services', 'gateway', 'monitoring'];
const statusesOf = (deployed: string) =>
  Object.fromEntries(
    current.map(({ name }) => [name, CHANGED.some((each) => name.endsWith(each)) ? deployed : UNCHANGED]),
  );
const ADDED_FUNCTION = `throughline-dev-${ADDED_SERVICE}`;

// Each test continues with the deployment that the one before left.
describe('releases of dev, one after the other', () => {
  let account: EmulatedAccount;
  let deployment: Deployment;
  beforeAll(async () => {
    account = await EmulatedAccount.start();
    deployment = new Deployment(account);
    await deployment.deployAll(current);
  });
  afterAll(() => account.stop());
  const lambda = () => account.lambda(REGION);

  /** The version that each function's alias points to, with the hash of its code. */
  async function liveCode(): Promise<Record<string, { version?: string; hash?: string }>> {
    const { Functions = [] } = await lambda().send(new ListFunctionsCommand({}));
    // The functions of the CDK have no alias. They begin with the name of their stack and a capital letter.
    const ours = Functions.filter(({ FunctionName = '' }) => /^[a-z-]+$/.test(FunctionName));
    const entries = ours.map(async ({ FunctionName = '' }) => {
      const live = new GetFunctionConfigurationCommand({ FunctionName, Qualifier: 'live' });
      const { Version: version, CodeSha256: hash } = await lambda().send(live);
      return [FunctionName, { version, hash }];
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  /** The paths of the API document that the deployed function serves. */
  const documentedPaths = async (): Promise<string[]> =>
    Object.keys((await account.bodyOf('throughline-dev-reference:live', '/openapi.json')).paths);

  async function publishedVersions(FunctionName: string): Promise<(string | undefined)[]> {
    const { Versions = [] } = await lambda().send(new ListVersionsByFunctionCommand({ FunctionName }));
    return Versions.map(({ Version }) => Version);
  }

  /** The response of the deployed API to a request without a token. */
  async function apiResponse(path: string): Promise<number | undefined> {
    const { Outputs = [] } = (await deployment.describe(named(current, 'gateway'))) ?? {};
    const output = (key: string) => Outputs.find(({ OutputKey }) => OutputKey === key)?.OutputValue ?? '';
    return account.statusOf(output('ApiId'), output('ApiStage'), path);
  }

  it('an update whose last function fails is rolled back, and the aliases keep the old code', async () => {
    const before = await liveCode();
    const services = named(next, 'services');
    const resources = await deployment.resourcesOf(services);
    expect(await deployment.deploy(named(next, 'data'))).toBe('UPDATE_COMPLETE');
    expect(await deployment.deploy(withFailure(services))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await deployment.failuresOf(services)).toEqual([expect.stringContaining(BROKEN)]);
    expect(await liveCode()).toEqual(before);
    expect(await deployment.resourcesOf(services)).toEqual(resources);
    expect(await documentedPaths()).not.toContain(`/${ADDED_SERVICE}`);
    // Lambda publishes the same code only once. A version that stayed would make the next update fail.
    expect(await publishedVersions('throughline-dev-reference')).toEqual(['$LATEST', '1']);
  });

  it('a migration that fails rolls the update back before any other alias points to new code', async () => {
    const before = await liveCode();
    const services = withMigrations(named(next, 'services'));
    const earlier = (await deployment.eventsOf(services)).length;
    expect(await deployment.deploy(services)).toBe('UPDATE_ROLLBACK_COMPLETE');
    const events = (await deployment.eventsOf(services)).slice(earlier);
    const failed = events.filter(({ ResourceStatus = '' }) => ResourceStatus.endsWith('_FAILED'));
    expect(failed.map(({ ResourceType }) => ResourceType)).toEqual([MIGRATION]);
    const aliases = events.filter(({ ResourceType }) => ResourceType === 'AWS::Lambda::Alias');
    const moved = new Set(aliases.map(({ LogicalResourceId }) => LogicalResourceId));
    expect([...moved]).toEqual([expect.stringMatching(/^MigrationsMigrateLive/)]);
    expect(await liveCode()).toEqual(before);
  });

  it('an update with a new service, new code and a new contract is live afterwards', async () => {
    const before = await liveCode();
    expect(await apiResponse(`/${ADDED_SERVICE}`)).toBe(404);
    expect(await deployment.deployAll(next)).toEqual({
      ...statusesOf('UPDATE_COMPLETE'),
      [named(next, 'data').name]: UNCHANGED,
    });
    const after = await liveCode();
    expect(Object.keys(after).filter((name) => !(name in before))).toEqual([ADDED_FUNCTION]);
    const reference = 'throughline-dev-reference';
    expect(after[reference]?.hash).not.toBe(before[reference]?.hash);
    expect(after[reference]?.version).not.toBe(before[reference]?.version);
    expect(await documentedPaths()).toContain(`/${ADDED_SERVICE}`);
    expect(await apiResponse(`/${ADDED_SERVICE}`)).toBe(401);
  });

  it('a second deployment of the same release changes nothing', async () => {
    expect(await deployment.deployAll(next)).toEqual(statusesOf(UNCHANGED));
  });

  it('the release before, without the service, deploys over it and takes it away', async () => {
    expect(await deployment.deployAll(current)).toEqual(statusesOf('UPDATE_COMPLETE'));
    expect(Object.keys(await liveCode())).not.toContain(ADDED_FUNCTION);
    expect(await documentedPaths()).not.toContain(`/${ADDED_SERVICE}`);
    expect(await apiResponse(`/${ADDED_SERVICE}`)).toBe(404);
  });
});
