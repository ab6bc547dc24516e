import path from 'node:path';
import { CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam';
import { ChangeResourceRecordSetsCommand, CreateHostedZoneCommand } from '@aws-sdk/client-route-53';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { BOOTSTRAP_PARAMETER } from '../../local/preflight/account.ts';
import type { AwsStage } from '../../local/preflight/check.ts';
import { type ClientSettings, type Clients, clientsFor } from '../../local/preflight/clients.ts';
import { sdkSettings } from '../../local/servers/emulator.ts';
import { endpoints, eventually, platformFolder } from './platform.ts';
import { stageWith } from './preflight.ts';

export const caFile = path.join(platformFolder, 'tls', 'cert.pem');
const emulator = await sdkSettings({ url: endpoints.aws, caFile, ours: true });

export const newAccountId = () => String(Math.floor(Math.random() * 9e11) + 1e11);

/** An account of the emulator that no other test uses, prepared as docs/deploy.md says. */
export interface Account {
  id: string;
  stage: AwsStage;
  settings: ClientSettings;
  clients: Clients;
}

export async function preparedAccount(context: Record<string, string> = {}): Promise<Account> {
  const id = newAccountId();
  const settings: ClientSettings = { ...emulator, credentials: { accessKeyId: id, secretAccessKey: 'test' } };
  const clients = clientsFor(stageWith(context).env.region, settings);
  const hostedZoneId = await newZone(clients, 'example.com');
  await Promise.all([setBootstrap(clients, 'stage', '28'), setBootstrap(clients, 'edge', '28')]);
  return { id, settings, clients, stage: stageWith({ account: id, hostedZoneId, ...context }) };
}

export async function newZone({ route53 }: Clients, Name: string, PrivateZone = false): Promise<string> {
  const { HostedZone } = await route53.send(
    new CreateHostedZoneCommand({
      Name,
      CallerReference: crypto.randomUUID(),
      HostedZoneConfig: { PrivateZone },
      ...(PrivateZone && { VPC: { VPCRegion: 'eu-central-1', VPCId: 'vpc-1' } }),
    }),
  );
  return HostedZone?.Id?.replace('/hostedzone/', '') as string;
}

export const setBootstrap = ({ ssm }: Clients, where: 'stage' | 'edge', Value: string) =>
  ssm[where].send(new PutParameterCommand({ Name: BOOTSTRAP_PARAMETER, Value, Type: 'String', Overwrite: true }));

export const addRecord = ({ clients, stage }: Account, Name: string, Type: 'A' | 'CAA' | 'TXT', Value: string) =>
  clients.route53.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: stage.aws.hostedZoneId,
      ChangeBatch: {
        Changes: [{ Action: 'CREATE', ResourceRecordSet: { Name, Type, TTL: 300, ResourceRecords: [{ Value }] } }],
      },
    }),
  );

/** The credentials of an IAM user without any permission. */
export async function powerlessUser({ settings }: Account): Promise<ClientSettings['credentials']> {
  const iam = new IAMClient({ ...settings, region: 'us-east-1' });
  const UserName = 'powerless';
  await iam.send(new CreateUserCommand({ UserName }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
}

/** Creates a stack of the stage and waits until its status is `wanted`. */
export async function makeStack(
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

/** The only resource of a stack, which is created or not. */
export const WORKS = { Type: 'AWS::SQS::Queue' };
export const FAILS = {
  Type: 'Custom::Nothing',
  Properties: { ServiceToken: 'arn:aws:lambda:eu-central-1:1:function:none' },
};
