import { describe, expect, test } from '@jest/globals';
import { reservedConcurrency } from '../../../lib/constructs/concurrency.ts';
import { apiLogRole, credentials, mail, settings } from '../../../local/preflight/account.ts';
import { lambdaConcurrency } from '../../../local/preflight/concurrency.ts';
import { aurora, valkey } from '../../../local/preflight/engines.ts';
import { stacks } from '../../../local/preflight/stacks.ts';
import { zones } from '../../../local/preflight/zones.ts';
import { lineOf, stageWith } from '../../support/preflight.ts';
import {
  cacheVersions,
  engineVersions,
  lambdaQuota,
  noStack,
  queryError,
  type Recordings,
  stackResponse,
} from '../../support/recorded-aws.ts';

const EU = 'eu-central-1';
describe('settings', () => {
  test('pass without placeholders; the account may come from the credentials', async () => {
    expect(await lineOf(settings, {}, stageWith({ account: '111122223333' }))).toBe(
      '✔ settings: shop.example.com, hosted zone Z0123456789ABC, alerts to ops@example.com',
    );
  });

  test('fail with a placeholder, which the line names', async () => {
    expect(await lineOf(settings, {}, stageWith({ alertEmail: 'alerts@throughline.example' }))).toBe(
      '✖ settings: placeholder values: alertEmail is alerts@throughline.example. Set your own with -c alertEmail=… or the environment variables in docs/deploy.md',
    );
  });
});

describe('credentials', () => {
  test('fail if they have expired', async () => {
    const expired = queryError('ExpiredToken', 'The security token included in the request is expired', 403);
    expect(await lineOf(credentials, { GetCallerIdentity: expired })).toMatch(
      /^✖ credentials: ExpiredToken: The security token .* is expired\. Log in to AWS in this shell/,
    );
  });
});

describe('Lambda concurrency', () => {
  const stage = stageWith();
  const functions = Object.fromEntries(reservedConcurrency(stage));
  const needed = Object.values(functions).reduce((sum, value) => sum + value, 0) + 100;
  const noneYet = Object.fromEntries(Object.keys(functions).map((name) => [name, 0]));

  test('passes with exactly the quota that the stage needs, also when the stage is deployed already', async () => {
    const line = `✔ Lambda concurrency: quota ${needed}, needed ${needed} (${needed - 100} for the stage, 0 reserved by other functions, 100 that stay unreserved)`;
    expect(await lineOf(lambdaConcurrency, lambdaQuota(needed, needed, noneYet))).toBe(line);
    expect(await lineOf(lambdaConcurrency, lambdaQuota(needed, 100, functions))).toBe(line);
  });

  test('fails with the quota of a new account', async () => {
    expect(await lineOf(lambdaConcurrency, lambdaQuota(10, 10, noneYet))).toMatch(
      RegExp(
        `^✖ Lambda concurrency: the quota "Concurrent executions" is 10 in ${EU}; ${needed} are needed \\(.*\\)\\. ` +
          `Request ${needed} or more: aws service-quotas request-service-quota-increase .* --desired-value ${needed} --region ${EU}$`,
      ),
    );
  });

  test('fails if other functions of the account have reserved too much', async () => {
    expect(await lineOf(lambdaConcurrency, lambdaQuota(1_000, 500, noneYet))).toMatch(
      RegExp(
        `^✖ Lambda concurrency: .* is 1000 in ${EU}; ${needed + 500} are needed .* 500 reserved by other functions`,
      ),
    );
  });
});

describe('engine versions', () => {
  const [postgres, cache] = ['18.4', '8.1'];

  test('pass if the region offers them', async () => {
    const DescribeDBEngineVersions = engineVersions([
      ['17.5', 'available'],
      [postgres, 'available'],
    ]);
    expect(await lineOf(aurora, { DescribeDBEngineVersions })).toBe(
      `✔ Aurora PostgreSQL: ${postgres} is offered in ${EU}`,
    );
    expect(await lineOf(valkey, { DescribeCacheEngineVersions: cacheVersions(['7.2', cache]) })).toBe(
      `✔ Valkey: ${cache} is offered in ${EU}`,
    );
  });

  test('fail if the region offers others only, or has deprecated them', async () => {
    const DescribeDBEngineVersions = engineVersions([
      ['17.5', 'available'],
      [postgres, 'deprecated'],
    ]);
    expect(await lineOf(aurora, { DescribeDBEngineVersions })).toBe(
      `✖ Aurora PostgreSQL: version ${postgres} is not offered in ${EU}; offered are 17.5. Change the version in lambdas/database/aurora.construct.ts, or the region`,
    );
    expect(await lineOf(valkey, { DescribeCacheEngineVersions: cacheVersions([]) })).toBe(
      `✖ Valkey: version ${cache} is not offered in ${EU}; offered are none. Change the version in lambdas/cache/valkey.construct.ts, or the region`,
    );
  });
});

describe('stacks', () => {
  /** All stacks are absent, except for one. */
  const only = (name: string, status: string, isProtected = false): Recordings => ({
    DescribeStacks: (parameters) => {
      const asked = parameters.get('StackName') ?? '';
      return asked === name ? stackResponse(name, status, isProtected) : noStack(asked);
    },
  });

  test.each([
    'CREATE_COMPLETE',
    'UPDATE_COMPLETE',
    'UPDATE_ROLLBACK_COMPLETE',
    'REVIEW_IN_PROGRESS',
    'ROLLBACK_COMPLETE',
  ])('pass with one that is %s', async (status) => {
    expect(await lineOf(stacks, only('throughline-prod-eu-central-1-services', status))).toBe(
      '✔ stacks: 1 of 7 are deployed, and none is in a state that stops a deployment',
    );
  });

  test.each([
    ['UPDATE_IN_PROGRESS', false, 'Wait until this operation ends'],
    ['DELETE_IN_PROGRESS', false, 'Wait until this operation ends'],
    [
      'UPDATE_ROLLBACK_FAILED',
      true,
      'See its events for the reason, then run npx cdk rollback throughline-prod-eu-central-1-data',
    ],
    ['UPDATE_FAILED', true, 'Run npx cdk rollback throughline-prod-eu-central-1-data'],
    ['ROLLBACK_FAILED', false, 'See its events for what could not be deleted, then delete the stack'],
    [
      'ROLLBACK_COMPLETE',
      true,
      'Its first deployment failed, and termination protection keeps the CDK from deleting it. Run aws cloudformation ' +
        `update-termination-protection --no-enable-termination-protection --stack-name throughline-prod-eu-central-1-data --region ${EU}`,
    ],
  ] as const)('fail with one that is %s', async (status, isProtected, advice) => {
    expect(await lineOf(stacks, only('throughline-prod-eu-central-1-data', status, isProtected))).toBe(
      `✖ stacks: throughline-prod-eu-central-1-data is ${status} in ${EU}. ${advice}`,
    );
  });

  test('fail with an edge stack that is DELETE_FAILED, in the region of the edge', async () => {
    expect(await lineOf(stacks, only('throughline-prod-eu-central-1-edge', 'DELETE_FAILED'))).toBe(
      '✖ stacks: throughline-prod-eu-central-1-edge is DELETE_FAILED in us-east-1. See its events for what could not be deleted, then delete the stack',
    );
  });
});

describe('a check that cannot be done counts as failed', () => {
  test('if AWS has disabled sending', async () => {
    const body = { ProductionAccessEnabled: true, SendingEnabled: false, EnforcementStatus: 'SHUTDOWN' };
    expect(await lineOf(mail, { 'GET /v2/email/account': { body } })).toBe(
      `✖ SES: sending is disabled in ${EU} (status SHUTDOWN). See the account dashboard in the SES console for the reason`,
    );
  });

  test('if the call is denied: the line has the IAM action', async () => {
    const message = 'User is not authorized to perform: apigateway:GET';
    const denied = { status: 403, body: { __type: 'AccessDeniedException', message } };
    expect(await lineOf(apiLogRole, { 'GET /account': denied })).toBe(
      `✖ API Gateway log role: not checked, because a call was denied (AccessDeniedException: ${message}). Allow apigateway:GET, or check it by hand`,
    );
  });

  test('if the service does not know the operation', async () => {
    const unknown = queryError('InvalidAction', 'The action is not valid');
    expect(await lineOf(aurora, { DescribeDBEngineVersions: unknown })).toMatch(
      /^✖ Aurora PostgreSQL: not checked, because a call failed \(InvalidAction: The action is not valid\)\. Allow rds:/,
    );
  });

  test('if AWS does not respond', async () => {
    expect(await lineOf(zones, { DescribeAvailabilityZones: undefined }, stageWith(), { timeoutMs: 200 })).toBe(
      '✖ availability zones: no response within 0.2 s. Check the network connection and try again',
    );
  });
});
