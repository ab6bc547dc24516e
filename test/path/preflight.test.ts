import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { UpdateAccountCommand } from '@aws-sdk/client-api-gateway';
import { PutAccountDetailsCommand } from '@aws-sdk/client-sesv2';
import { afterAll, describe, expect, test } from '@jest/globals';
import { reservedConcurrency } from '../../lib/constructs/concurrency.ts';
import { apiLogRole, bootstrap, credentials, mail } from '../../local/preflight/account.ts';
import type { Check } from '../../local/preflight/check.ts';
import { CHECKS } from '../../local/preflight/checks.ts';
import { caa, hostedZone, records } from '../../local/preflight/domain.ts';
import { stacks } from '../../local/preflight/stacks.ts';
import { endpoints, zones } from '../../local/preflight/zones.ts';
import { ROOT } from '../support/assembly.ts';
import {
  type Account,
  addRecord,
  caFile,
  FAILS,
  makeStack,
  newAccountId,
  newZone,
  powerlessUser,
  preparedAccount,
  setBootstrap,
  WORKS,
} from '../support/emulated-account.ts';
import { endpoints as platform, platformFolder } from '../support/platform.ts';
import { printed, stageWith } from '../support/preflight.ts';
import { ALL_ENDPOINTS, endpointServices, lambdaQuota, recordedAws, zonesResponse } from '../support/recorded-aws.ts';

const run = ({ settings, stage }: Account, ...checks: Check[]) => printed(checks, settings, stage);

/** What the emulator has otherwise: it offers fewer endpoint services, and its quota depends on the machine. */
const recorded = await recordedAws({
  ...lambdaQuota(
    1_000,
    1_000,
    Object.fromEntries([...reservedConcurrency(stageWith()).keys()].map((name) => [name, 0])),
  ),
  DescribeVpcEndpointServices: endpointServices('eu-central-1', ALL_ENDPOINTS),
  DescribeAvailabilityZones: zonesResponse([
    ['eu-central-1a', 'euc1-az2'],
    ['eu-central-1b', 'euc1-az3'],
    ['eu-central-1c', 'euc1-az1'],
  ]),
});
afterAll(() => recorded.close());

/** Runs the command in another process, with settings in the shell as an operator has them. */
async function command(accessKey: string, args: string[]): Promise<{ code: number | null; lines: string[] }> {
  const child = spawn(process.execPath, [path.join(ROOT, 'local', 'launch.mjs'), 'preflight', ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: platformFolder,
      NODE_EXTRA_CA_CERTS: caFile,
      AWS_ENDPOINT_URL: platform.aws,
      AWS_ENDPOINT_URL_EC2: recorded.url,
      AWS_ENDPOINT_URL_LAMBDA: recorded.url,
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: 'test',
      THROUGHLINE_DOMAIN: 'shop.example.com',
      THROUGHLINE_HOSTED_ZONE_ID: 'Z0123456789ABC',
      THROUGHLINE_ALERT_EMAIL: 'ops@example.com',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const output = await text(child.stdout);
  const [code] = await ended;
  return { code, lines: output.trim().split('\n') };
}

describe('npm run preflight', () => {
  test('passes every check in an account that is prepared as docs/deploy.md says, and exits with 0', async () => {
    const { id, stage } = await preparedAccount();
    const { code, lines } = await command(id, ['--stage', 'prod', '-c', `hostedZoneId=${stage.aws.hostedZoneId}`]);
    expect(lines.filter((line) => !line.startsWith('✔ '))).toEqual([`${CHECKS.length} passed, 0 failed`]);
    expect(code).toBe(0);
  });

  test('prints one line for each check and exits with 1 in an account that is not prepared', async () => {
    const { code, lines } = await command(newAccountId(), ['--stage', 'prod']);
    expect(lines).toHaveLength(CHECKS.length + 1);
    expect(lines.filter((line) => line.startsWith('✖ '))).toEqual([
      expect.stringMatching(/^✖ CDK bootstrap: none in eu-central-1, none in us-east-1; version 6 or newer is needed/),
      expect.stringMatching(/^✖ hosted zone: Z0123456789ABC does not exist in this account/),
      expect.stringMatching(/^✖ CAA record: Z0123456789ABC does not exist in this account/),
      expect.stringMatching(/^✖ DNS records: Z0123456789ABC does not exist in this account/),
    ]);
    expect(lines.at(-1)).toBe(`${CHECKS.length - 4} passed, 4 failed`);
    expect(code).toBe(1);
  });

  test('names the IAM actions of each check that its credentials may not do', async () => {
    const account = await preparedAccount();
    const settings = { ...account.settings, credentials: await powerlessUser(account) };
    const lines = await printed(CHECKS, settings, account.stage);
    const needing = CHECKS.filter(({ actions }) => actions.length > 0).filter((check) => check !== credentials);
    expect(lines.filter((line) => line.startsWith('✖ ')).map((line) => line.replace(/ because .*?\)\. /, ' '))).toEqual(
      needing.map(({ what, actions }) => `✖ ${what}: not checked, Allow ${actions.join(', ')}, or check it by hand`),
    );
  });
});

describe('each check fails in the emulator', () => {
  test('credentials of another account', async () => {
    const account = await preparedAccount({ account: '999988887777' });
    expect(await run(account, credentials)).toEqual([
      `✖ credentials: they are of account ${account.id} (arn:aws:iam::${account.id}:root), and the stage's account is 999988887777. ` +
        'Use credentials of that account, or correct the setting account',
    ]);
  });

  test('a bootstrap stack that is too old in one region', async () => {
    const account = await preparedAccount();
    await setBootstrap(account.clients, 'edge', '5');
    expect(await run(account, bootstrap)).toEqual([
      `✖ CDK bootstrap: version 5 in us-east-1; version 6 or newer is needed. Run npx cdk bootstrap aws://${account.id}/us-east-1 -c stage=prod`,
    ]);
  });

  test('SES in the sandbox', async () => {
    const account = await preparedAccount();
    await account.clients.ses.send(
      new PutAccountDetailsCommand({
        MailType: 'TRANSACTIONAL',
        WebsiteURL: 'https://shop.example.com',
        ProductionAccessEnabled: false,
      }),
    );
    expect(await run(account, mail)).toEqual([
      expect.stringMatching(/^✖ SES: the account is in the sandbox in eu-central-1/),
    ]);
  });

  test('a hosted zone of another name', async () => {
    const account = await preparedAccount({ domain: 'shop.example.org' });
    expect(await run(account, hostedZone)).toEqual([
      expect.stringMatching(
        /^✖ hosted zone: Z\w+ is of example\.com, and the domain is shop\.example\.org\. Set hostedZoneId/,
      ),
    ]);
  });

  test('a private hosted zone', async () => {
    const account = await preparedAccount();
    const hostedZoneId = await newZone(account.clients, 'example.com', true);
    const stage = { ...account.stage, aws: { ...account.stage.aws, hostedZoneId } };
    expect(await run({ ...account, stage }, hostedZone)).toEqual([
      expect.stringMatching(/^✖ hosted zone: Z\w+ \(example\.com\) is private, and a public zone is needed/),
    ]);
  });

  test('zones that CloudFront does not support, or that do not exist', async () => {
    expect(await run(await preparedAccount({ region: 'us-east-1' }), zones)).toEqual([
      expect.stringMatching(
        /^✖ availability zones: us-east-1c is use1-az3, which CloudFront's VPC origins do not support/,
      ),
    ]);
    expect(await run(await preparedAccount({ region: 'ap-northeast-1' }), zones)).toEqual([
      expect.stringMatching(/^✖ availability zones: .*ap-northeast-1d does not exist in this account/),
    ]);
  });

  test('services without an endpoint', async () => {
    expect(await run(await preparedAccount(), endpoints)).toEqual([
      expect.stringMatching(/^✖ VPC endpoints: com\.amazonaws\.eu-central-1\.email is not offered in eu-central-1/),
    ]);
  });
});

describe('records of the domain', () => {
  test.each([
    [
      '0 issue "letsencrypt.org"',
      'shop.example.com',
      /^✖ CAA record: shop\.example\.com has 0 issue "letsencrypt\.org", which the edge stack did not create/,
    ],
    [
      '0 issue "amazon.com"',
      'shop.example.com',
      /^✖ CAA record: shop\.example\.com has 0 issue "amazon\.com", which the edge stack did not create/,
    ],
    [
      '0 issue "letsencrypt.org"',
      'example.com',
      /^✖ CAA record: example\.com has .* which keeps amazon\.com from issuing .* Add the value 0 issue "amazon\.com"/,
    ],
    ['0 issue "amazonaws.com"', 'example.com', /^✔ CAA record: none at shop\.example\.com/],
    ['0 iodef "mailto:ops@example.com"', 'example.com', /^✔ CAA record: none at shop\.example\.com/],
  ])('CAA %s at %s', async (value, name, line) => {
    const account = await preparedAccount();
    await addRecord(account, name, 'CAA', value);
    expect(await run(account, caa)).toEqual([expect.stringMatching(line)]);
  });

  test('the CAA record of an earlier deployment passes, also below a zone that allows another authority', async () => {
    const account = await preparedAccount();
    await makeStack(account, 'throughline-prod-eu-central-1-edge', WORKS, 'CREATE_COMPLETE');
    await addRecord(account, 'example.com', 'CAA', '0 issue "letsencrypt.org"');
    await addRecord(account, 'shop.example.com', 'CAA', '0 issue "amazon.com"');
    expect(await run(account, caa)).toEqual([
      '✔ CAA record: 0 issue "amazon.com" at shop.example.com, from an earlier deployment of the stage',
    ]);
  });

  test('records that are there before the first deployment fail', async () => {
    const account = await preparedAccount();
    await addRecord(account, 'shop.example.com', 'A', '192.0.2.1');
    await addRecord(account, 'mail-eu-central-1.shop.example.com', 'TXT', '"v=spf1 -all"');
    await makeStack(account, 'throughline-prod-eu-central-1-state', FAILS, 'ROLLBACK_COMPLETE');
    expect(await run(account, records)).toEqual([
      '✖ DNS records: shop.example.com has A, which the edge stack did not create; mail-eu-central-1.shop.example.com has TXT, which the state stack did not create. ' +
        'The stack creates records there and fails if they exist. Delete them',
    ]);
  });

  test('the records of an earlier deployment pass', async () => {
    const account = await preparedAccount();
    await makeStack(account, 'throughline-prod-eu-central-1-gateway', WORKS, 'CREATE_COMPLETE');
    await addRecord(account, 'api-origin.shop.example.com', 'A', '192.0.2.1');
    expect(await run(account, records)).toEqual([
      '✔ DNS records: none of others at shop.example.com, api-origin.shop.example.com, mail-eu-central-1.shop.example.com',
    ]);
  });
});

test('a stack whose first deployment failed passes if the CDK may delete it', async () => {
  const account = await preparedAccount();
  await makeStack(account, 'throughline-prod-eu-central-1-services', FAILS, 'ROLLBACK_COMPLETE');
  expect(await run(account, stacks)).toEqual([expect.stringMatching(/^✔ stacks: 1 of 7 are deployed/)]);
  await makeStack(account, 'throughline-prod-eu-central-1-data', FAILS, 'ROLLBACK_COMPLETE', true);
  expect(await run(account, stacks)).toEqual([
    expect.stringMatching(
      /^✖ stacks: throughline-prod-eu-central-1-data is ROLLBACK_COMPLETE in eu-central-1\. .*termination protection/,
    ),
  ]);
});

test('the API Gateway log role is reported: none, ours, or that of others', async () => {
  const account = await preparedAccount();
  const lineWith = async (role: string) => {
    const value = `arn:aws:iam::${account.id}:role/${role}`;
    const patchOperations = [{ op: 'replace' as const, path: '/cloudwatchRoleArn', value }];
    await account.clients.apiGateway.send(new UpdateAccountCommand({ patchOperations }));
    return (await run(account, apiLogRole))[0];
  };
  expect(await run(account, apiLogRole)).toEqual([
    expect.stringMatching(/none in eu-central-1\. The gateway stack sets one$/),
  ]);
  expect(await lineWith('throughline-prod-eu-centr-ApiRole-1')).toMatch(/ApiRole-1, from an earlier deployment/);
  expect(await lineWith('logs-of-others')).toMatch(/logs-of-others\. The gateway stack replaces it, for all APIs/);
});
