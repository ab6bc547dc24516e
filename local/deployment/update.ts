import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  CloudFormationClient,
  GetTemplateCommand,
  UpdateStackCommand,
  waitUntilStackUpdateComplete,
} from '@aws-sdk/client-cloudformation';
import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Instance, Secrets } from '../instance.ts';
import { ACCOUNT, type AwsEndpoint, REGION, sdkSettings } from '../servers/emulator.ts';
import { passwordParameters } from './deploy.ts';
import { fillGaps } from './emulator-gaps.ts';
import { assemblyOf, readTemplate, STACKS } from './synthesis.ts';
import { zipFolder } from './zip.ts';

interface FileAsset {
  source: { path: string; packaging: 'file' | 'zip' };
  destinations: Record<string, { bucketName: string; objectKey: string }>;
}

const UPDATE_TIMEOUT_S = 60;

/**
 * Updates the deployed stacks to the synthesized templates, as `cdk deploy` would, but without its start-up time. So a
 * saved construct is live within seconds. Only for an emulator that we started, after a first deployment by the CDK.
 */
export async function updateStacks(instance: Instance, endpoint: AwsEndpoint, secrets: Secrets): Promise<void> {
  const passwords = passwordParameters(secrets);
  const settings = await sdkSettings(endpoint);
  const client = new CloudFormationClient(settings);
  for (const stack of STACKS) {
    if (!(await hasChanged(client, instance, stack))) continue;
    const templateUrl = await publishAssets(
      new S3Client({ ...settings, forcePathStyle: true }),
      instance,
      stack,
      endpoint,
    );
    const parameters = Object.keys(readTemplate(instance, stack).Parameters ?? {});
    await client.send(
      new UpdateStackCommand({
        StackName: stack,
        TemplateURL: templateUrl,
        Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'],
        Parameters: parameters
          .filter((name) => name !== 'BootstrapVersion')
          .map((ParameterKey) => {
            const ParameterValue = passwords[ParameterKey];
            return ParameterValue ? { ParameterKey, ParameterValue } : { ParameterKey, UsePreviousValue: true };
          }),
      }),
    );
    await waitUntilStackUpdateComplete(
      { client, maxWaitTime: UPDATE_TIMEOUT_S, minDelay: 0.1, maxDelay: 0.2 },
      { StackName: stack },
    );
  }
  await fillGaps(readTemplate(instance, STACKS[1]), STACKS[1], endpoint);
}

async function hasChanged(client: CloudFormationClient, instance: Instance, stack: string): Promise<boolean> {
  const { TemplateBody = '{}' } = await client.send(new GetTemplateCommand({ StackName: stack }));
  return JSON.stringify(JSON.parse(TemplateBody)) !== JSON.stringify(readTemplate(instance, stack));
}

/** Uploads the assets that the bucket does not have. @returns the URL of the stack's template */
async function publishAssets(s3: S3Client, instance: Instance, stack: string, endpoint: AwsEndpoint): Promise<string> {
  const manifest = JSON.parse(readFileSync(path.join(assemblyOf(instance), `${stack}.assets.json`), 'utf8'));
  const assets = Object.values(manifest.files as Record<string, FileAsset>);
  const published = await Promise.all(assets.map((asset) => publishAsset(s3, instance, asset)));
  const template = published.find(({ source }) => source === `${stack}.template.json`);
  if (!template) throw new Error(`The manifest of ${stack} names no template.`);
  return `${endpoint.url}/${template.Bucket}/${template.Key}`;
}

async function publishAsset(s3: S3Client, instance: Instance, { source, destinations }: FileAsset) {
  const [destination] = Object.values(destinations);
  const fill = (text = '') =>
    text
      .replaceAll(/\$\{AWS::AccountId\}/g, ACCOUNT)
      .replaceAll(/\$\{AWS::Region\}/g, REGION)
      .replaceAll(/\$\{AWS::Partition\}/g, 'aws');
  const object = { Bucket: fill(destination?.bucketName), Key: fill(destination?.objectKey) };
  const exists = await s3.send(new HeadObjectCommand(object)).then(
    () => true,
    () => false,
  );
  const file = path.join(assemblyOf(instance), source.path);
  if (!exists && existsSync(file)) {
    const Body = source.packaging === 'zip' ? zipFolder(file) : readFileSync(file);
    await s3.send(new PutObjectCommand({ ...object, Body }));
  }
  return { ...object, source: source.path };
}
