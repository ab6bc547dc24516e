import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { UpdateAccountCommand } from '@aws-sdk/client-api-gateway';
import { CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { ChangeResourceRecordSetsCommand, CreateHostedZoneCommand } from '@aws-sdk/client-route-53';
import { PutAccountDetailsCommand } from '@aws-sdk/client-sesv2';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { describe, expect, test } from '@jest/globals';
import { apiLogRole, BOOTSTRAP_PARAMETER, bootstrap, credentials, mail } from '../../local/preflight/account.ts';
import type { AwsStage, Check } from '../../local/preflight/check.ts';
import { CHECKS } from '../../local/preflight/checks.ts';
import { type ClientSettings, type Clients, clientsFor } from '../../local/preflight/clients.ts';
import { lambdaConcurrency } from '../../local/preflight/concurrency.ts';
import { addresses, caa, hostedZone } from '../../local/preflight/domain.ts';
import { stacks } from '../../local/preflight/stacks.ts';
import { zones } from '../../local/preflight/zones.ts';
import { sdkSettings } from '../../local/servers/emulator.ts';
import { ROOT } from '../support/assembly.ts';
import { endpoints, eventually, platformFolder } from '../support/platform.ts';
import { printed, stageWith } from '../support/preflight.ts';

const caFile = path.join(platformFolder, 'tls', 'cert.pem');
const emulator = await sdkSettings({ url: endpoints.aws, caFile, ours: true });

/** An account of the emulator that no other test uses, prepared as docs/deploy.md says. */
interface Account {
  id: string;
  stage: AwsStage;
  settings: ClientSettings;
  clients: Clients;
}

async function preparedAccount(context: Record<string, string> = {}): Promise<Account> {
  const id = String(Math.floor(Math.random() * 9e11) + 1e11);
  const settings: ClientSettings = { ...emulator, credentials: { accessKeyId: id, secretAccessKey: 'test' } };
  const clients = clientsFor(stageWith(context).env.region, settings);
  const hostedZoneId = await newZone(clients, 'example.com');
  await Promise.all([setBootstrap(clients, 'stage', '28'), setBootstrap(clients, 'edge', '28')]);
  return { id, settings, clients, stage: stageWith({ account: id, hostedZoneId, ...context }) };
}

async function newZone({ route53 }: Clients, Name: string): Promise<string> {
  const CallerReference = crypto.randomUUID();
  const { HostedZone } = await route53.send(new CreateHostedZoneCommand({ Name, CallerReference }));
  return HostedZone?.Id?.replace('/hostedzone/', '') as string;
}

const setBootstrap = ({ ssm }: Clients, where: 'stage' | 'edge', Value: string) =>
  ssm[where].send(new PutParameterCommand({ Name: BOOTSTRAP_PARAMETER, Value, Type: 'String', Overwrite: true }));

const addRecord = ({ clients, stage }: Account, Name: string, Type: 'A' | 'CAA', Value: string) =>
  clients.route53.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: stage.aws.hostedZoneId,
      ChangeBatch: {
        Changes: [{ Action: 'CREATE', ResourceRecordSet: { Name, Type, TTL: 300, ResourceRecords: [{ Value }] } }],
      },
    }),
  );

/** Creates a stack of the stage and waits until its status is `wanted`. */
async function makeStack(
  { clients }: Account,
  StackName: string,
  resource: object,
  wanted: string,
  isProtected = false,
) {
  const client = StackName.endsWith('-edge') ? clients.cloudFormation.edge : clients.cloudFormation.stage;
  const TemplateBody = JSON.stringify({ Resources: { Only: resource } });
  await client.send(new CreateStackCommand({ StackName, TemplateBody, EnableTerminationProtection: isProtected }));
  await eventually(async () => {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
    return Stacks?.[0]?.StackStatus === wanted;
  });
}
const WORKS = { Type: 'AWS::SQS::Queue' };
const FAILS = { Type: 'Custom::Nothing', Properties: { ServiceToken: 'arn:aws:lambda:eu-central-1:1:function:none' } };

const run = ({ settings, stage }: Account, ...checks: Check[]) => printed(checks, settings, stage);

describe('in an account that is prepared as docs/deploy.md says', () => {
  test('every check passes, and the command exits with 0', async () => {
    const { id, stage } = await preparedAccount();
    const { code, output } = await command(id, ['--stage', 'prod', '-c', `hostedZoneId=${stage.aws.hostedZoneId}`]);
    process.stderr.write(output);
    const lines = output.trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('✔ '))).toEqual([`${CHECKS.length} passed, 0 failed`]);
    expect(code).toBe(0);
  });

  test('each check prints one line, and the command exits with 1, if the account is not prepared', async () => {
    const { code, output } = await command('444455556666', ['--stage', 'prod']);
    const lines = output.trim().split('\n');
    process.stderr.write(output);
    expect(lines).toHaveLength(CHECKS.length + 1);
    expect(lines).toContainEqual(expect.stringMatching(/^✖ hosted zone: Z0123456789ABC does not exist/));
    expect(code).toBe(1);
  });
});

/** Runs the command in another process, with the shell's settings. */
async function command(accessKey: string, args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [path.join(ROOT, 'local', 'launch.mjs'), 'preflight', ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: platformFolder,
      NODE_EXTRA_CA_CERTS: caFile,
      AWS_ENDPOINT_URL: endpoints.aws,
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: 'test',
      THROUGHLINE_DOMAIN: 'shop.example.com',
      THROUGHLINE_HOSTED_ZONE_ID: 'Z0123456789ABC',
      THROUGHLINE_ALERT_EMAIL: 'ops@example.com',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = await text(child.stdout);
  return { code: child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve))), output };
}
