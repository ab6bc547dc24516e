import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { freePorts, type Instance } from '../../../local/instance.ts';
import { ensurePython, PLATFORM_PYTHON } from '../../../local/python/python.ts';
import {
  ACCOUNT,
  type AwsEndpoint,
  agentFor,
  awsEndpoint,
  REGION,
  sdkSettings,
  startEmulator,
} from '../../../local/servers/emulator.ts';
import { Processes } from '../../../local/servers/processes.ts';
import type { Json } from '../assembly.ts';

/** The parent of the domain of a stage without settings. */
const ZONE_NAME = 'throughline.example';
/** The region of the stages, and that of their edge. */
const REGIONS = [REGION, 'us-east-1'];

type Settings = Awaited<ReturnType<typeof sdkSettings>> & { region: string };

/** An AWS account in an emulator of its own, with what a deployment needs: the CDK's bootstrap and a hosted zone. */
export class EmulatedAccount {
  readonly url: string;
  readonly #endpoint: AwsEndpoint;
  /** The id of the hosted zone. AWS chooses it, and a deployer names it in the settings of the stage. */
  hostedZoneId = '';
  readonly #instance: Instance;
  readonly #processes: Processes;
  readonly #settings: Settings;

  private constructor(instance: Instance, processes: Processes, endpoint: AwsEndpoint, settings: Settings) {
    this.url = endpoint.url;
    this.#endpoint = endpoint;
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
  settings(region: string): Settings {
    return { ...this.#settings, region };
  }

  s3 = (region: string) => new S3Client({ ...this.settings(region), forcePathStyle: true });
  cloudFormation = (region: string) => new CloudFormationClient(this.settings(region));
  lambda = (region: string) => new LambdaClient(this.settings(region));

  /** Calls a function with a request of the API. @returns the body of its response */
  async bodyOf(FunctionName: string, requestPath: string): Promise<Json> {
    const requestContext = { requestId: 'request', identity: {} };
    const headers = { headers: {}, multiValueHeaders: {} };
    const event = { httpMethod: 'GET', path: requestPath, resource: requestPath, ...headers, requestContext };
    const invoke = new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) });
    const { Payload } = await this.lambda(REGION).send(invoke);
    const { body, isBase64Encoded } = JSON.parse(Buffer.from(Payload ?? []).toString());
    return JSON.parse(isBase64Encoded ? Buffer.from(body, 'base64').toString() : body);
  }

  /** @returns the status of an API's response to a request without a token */
  async statusOf(apiId: string, stageName: string, requestPath: string): Promise<number | undefined> {
    const agent = agentFor(this.#endpoint);
    const request = https.get(`${this.url}/_aws/execute-api/${apiId}/${stageName}${requestPath}`, { agent });
    const [response] = await once(request, 'response');
    response.resume();
    return response.statusCode;
  }

  /** Creates what a template needs of the CDK's bootstrap stack: the bucket for assets and the version. */
  async #bootstrap(region: string): Promise<void> {
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
