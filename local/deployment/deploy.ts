import { appendFileSync } from 'node:fs';
import path from 'node:path';
import {
  CloudFormationClient,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SERVICES_WITH_PASSWORD } from '../../lambdas/registry.ts';
import { passwordParameter } from '../../lib/constructs/stage-secret.ts';
import { runChild } from '../child.ts';
import { CommandError, type Instance, inside, ROOT, type Secrets } from '../instance.ts';
import { ACCOUNT, type AwsEndpoint, awsEnvironment, REGION, sdkSettings, withoutProxies } from '../servers/emulator.ts';
import { waitUntil } from '../servers/processes.ts';
import { fillGaps } from './emulator-gaps.ts';
import { assemblyOf, readTemplate, STACKS } from './synthesis.ts';

const CDK = path.join(ROOT, 'local', 'deployment', 'cdk-cli.ts');
const DEPLOY_TIMEOUT_MS = 300_000;
const RELAY_TIMEOUT_MS = 30_000;
const SERVICES = STACKS[1];

/**
 * Whether the emulator runs exactly the synthesized templates. After a killed emulator it does not, and everything is
 * deployed again.
 */
export async function isDeployed(instance: Instance, endpoint: AwsEndpoint): Promise<boolean> {
  const client = new CloudFormationClient(await sdkSettings(endpoint));
  const same = STACKS.map(async (stack) => {
    const { TemplateBody } = await client.send(new GetTemplateCommand({ StackName: stack }));
    return JSON.stringify(JSON.parse(TemplateBody ?? '{}')) === JSON.stringify(readTemplate(instance, stack));
  });
  return Promise.all(same).then(
    (all) => all.every(Boolean),
    () => false,
  );
}

/** Creates the CDK's bucket and roles, unless an earlier deployment has created them. */
export async function bootstrap(instance: Instance, endpoint: AwsEndpoint): Promise<void> {
  const client = new CloudFormationClient(await sdkSettings(endpoint));
  const exists = await client.send(new DescribeStacksCommand({ StackName: 'CDKToolkit' })).then(
    ({ Stacks }) => Stacks?.[0]?.StackStatus?.endsWith('_COMPLETE'),
    () => false,
  );
  if (!exists) await cdk(instance, endpoint, ['bootstrap', `aws://${ACCOUNT}/${REGION}`]);
}

/** The parameters of the services stack that contain the services' passwords, by name. */
export const passwordParameters = (secrets: Secrets): Record<string, string> =>
  Object.fromEntries(
    SERVICES_WITH_PASSWORD.map((service) => [passwordParameter(service), secrets.services[service] as string]),
  );

/** Runs `cdk deploy` for the local stage, then sets what the emulator dropped from the templates. */
export async function deploy(instance: Instance, endpoint: AwsEndpoint, secrets: Secrets): Promise<void> {
  const parameters = Object.entries(passwordParameters(secrets)).flatMap(([name, value]) => [
    '--parameters',
    `${SERVICES}:${name}=${value}`,
  ]);
  await cdk(instance, endpoint, [
    'deploy',
    '--all',
    '--app',
    assemblyOf(instance),
    '--require-approval',
    'never',
    ...parameters,
  ]);
  if (endpoint.ours) await fillGaps(readTemplate(instance, SERVICES), SERVICES, endpoint);
}

async function cdk(instance: Instance, endpoint: AwsEndpoint, args: string[]): Promise<void> {
  const log = inside(instance, 'logs', 'deploy.log');
  const common = ['--no-notices', '--no-version-reporting', '--progress', 'events', '--ci'];
  const appendToLog = (text: string) => appendFileSync(log, text);
  try {
    const { stdout, stderr } = await runChild(process.execPath, [CDK], {
      cwd: inside(instance),
      env: { ...withoutProxies(process.env), ...awsEnvironment(endpoint), CDK_VALIDATION: 'false' },
      input: JSON.stringify([...args, ...common]),
      timeoutMs: DEPLOY_TIMEOUT_MS,
    });
    appendToLog(stdout + stderr);
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    appendToLog(stdout + stderr);
    throw new CommandError(`cdk ${args[0]} failed: ${await explain(endpoint, stdout + stderr)} The log is ${log}`);
  }
}

/** Names the resource types that the emulator could not deploy. If none is known, returns the CLI's last error line. */
async function explain(endpoint: AwsEndpoint, output: string): Promise<string> {
  const client = new CloudFormationClient(await sdkSettings(endpoint));
  const failures = await Promise.all(
    STACKS.map((stack) =>
      client.send(new DescribeStackEventsCommand({ StackName: stack })).then(
        ({ StackEvents = [] }) => StackEvents.filter((event) => /FAILED/.test(event.ResourceStatus ?? '')),
        () => [],
      ),
    ),
  );
  const types = new Set(
    failures.flat().map((event) => `${event.ResourceType} (${event.ResourceStatusReason ?? 'no reason given'})`),
  );
  for (const [type] of output.matchAll(/AWS::\w+::\w+/g))
    if (/unsupported|not (supported|implemented)/i.test(output)) types.add(type);
  if (types.size > 0) return `${endpoint.url} cannot deploy ${[...types].join(', ')}.`;
  return (
    output
      .trim()
      .split('\n')
      .filter((line) => /error|fail|❌/i.test(line))
      .at(-1) ?? 'it printed no error.'
  );
}

/**
 * Runs the outbox relay now, and does not wait up to a minute for its schedule. Only one run is allowed at a time, so
 * the call is retried while a scheduled run is in progress.
 */
export async function runRelay(endpoint: AwsEndpoint): Promise<void> {
  const client = new LambdaClient(await sdkSettings(endpoint));
  const invoke = new InvokeCommand({ FunctionName: 'throughline-local-relay' });
  const ran = () =>
    client.send(invoke).then(
      ({ FunctionError }) => FunctionError === undefined,
      () => false,
    );
  await waitUntil(ran, RELAY_TIMEOUT_MS, 250);
}

/** @returns the URL of the deployed API on this emulator */
export async function apiAddress(endpoint: AwsEndpoint): Promise<string> {
  const client = new CloudFormationClient(await sdkSettings(endpoint));
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: SERVICES }));
  const output = (key: string) => Stacks?.[0]?.Outputs?.find((each) => each.OutputKey === key)?.OutputValue;
  return `${endpoint.url}/_aws/execute-api/${output('ApiId')}/${output('ApiStage')}`;
}
