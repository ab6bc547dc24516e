import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { freePorts, type Instance } from '../../../local/instance.ts';
import { ensurePython, PLATFORM_PYTHON } from '../../../local/python/python.ts';
import { ACCOUNT, type AwsEndpoint, awsEndpoint, sdkSettings, startEmulator } from '../../../local/servers/emulator.ts';
import { Processes } from '../../../local/servers/processes.ts';

/** The parent of the domain of a stage without settings. */
const ZONE_NAME = 'throughline.example';
const REGIONS = ['eu-central-1', 'us-east-1'] as const;
export type Region = (typeof REGIONS)[number];

type Settings = Awaited<ReturnType<typeof sdkSettings>> & { region: string };

/** An AWS account in an emulator of its own, with what a deployment needs: the CDK's bootstrap and a hosted zone. */
export class EmulatedAccount {
  readonly url: string;
  /** The id of the hosted zone. AWS chooses it, and a deployer names it in the settings of the stage. */
  hostedZoneId = '';
  readonly #instance: Instance;
  readonly #processes: Processes;
  readonly #settings: Settings;

  private constructor(instance: Instance, processes: Processes, endpoint: AwsEndpoint, settings: Settings) {
    this.url = endpoint.url;
    this.#instance = instance;
    this.#processes = processes;
    this.#settings = settings;
  }

  static async start(): Promise<EmulatedAccount> {
    await ensurePython(PLATFORM_PYTHON);
    const folder = mkdtempSync(path.join(tmpdir(), 'throughline-account-'));
    mkdirSync(path.join(folder, 'logs'));
    const instance = { name: 'emulated', folder, ports: await freePorts() };
    const endpoint = awsEndpoint(instance);
    const processes = new Processes(instance);
    await startEmulator(instance, endpoint, processes);
    const account = new EmulatedAccount(instance, processes, endpoint, await sdkSettings(endpoint));
    await Promise.all(REGIONS.map((region) => account.#bootstrap(region)));
    account.hostedZoneId = await account.#createHostedZone();
    return account;
  }

  /** The settings of an SDK client for a region. */
  settings(region: Region): Settings {
    return { ...this.#settings, region };
  }

  s3 = (region: Region) => new S3Client({ ...this.settings(region), forcePathStyle: true });
  cloudFormation = (region: Region) => new CloudFormationClient(this.settings(region));
  lambda = (region: Region) => new LambdaClient(this.settings(region));

  /** Creates what a template needs of the CDK's bootstrap stack: the bucket for assets and the version. */
  async #bootstrap(region: Region): Promise<void> {
    await this.s3(region).send(new CreateBucketCommand({ Bucket: `cdk-hnb659fds-assets-${ACCOUNT}-${region}` }));
    await new SSMClient(this.settings(region)).send(
      new PutParameterCommand({ Name: '/cdk-bootstrap/hnb659fds/version', Value: '30', Type: 'String' }),
    );
  }

  async #createHostedZone(): Promise<string> {
    const client = this.cloudFormation('us-east-1');
    const template = {
      Resources: { Zone: { Type: 'AWS::Route53::HostedZone', Properties: { Name: ZONE_NAME } } },
      Outputs: { Id: { Value: { Ref: 'Zone' } } },
    };
    await client.send(new CreateStackCommand({ StackName: 'zone', TemplateBody: JSON.stringify(template) }));
    await waitUntilStackCreateComplete(
      { client, maxWaitTime: 30, minDelay: 0.05, maxDelay: 0.1 },
      { StackName: 'zone' },
    );
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: 'zone' }));
    return Stacks?.[0]?.Outputs?.[0]?.OutputValue ?? '';
  }

  /** Kills the emulator. Its state is removed, so it need not save it. */
  async stop(): Promise<void> {
    await this.#processes.stop('emulator', 'SIGKILL');
    rmSync(this.#instance.folder, { recursive: true, force: true });
  }
}
