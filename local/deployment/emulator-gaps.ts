import { APIGatewayClient, UpdateStageCommand } from '@aws-sdk/client-api-gateway';
import { CloudFormationClient, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { type AwsEndpoint, sdkSettings } from '../servers/emulator.ts';

interface TemplateResource {
  Type: string;
  Properties: Record<string, unknown>;
}
type Template = { Resources: Record<string, TemplateResource> };

/** The input of each step: the template's resources by type, the deployed ids, and the clients' settings. */
interface Deployed {
  of(type: string): [logicalId: string, properties: Record<string, unknown>][];
  id(logicalId: string): string;
  settings: Awaited<ReturnType<typeof sdkSettings>>;
}

/**
 * MiniStack 1.5 accepts some properties of a template and then drops them. This function sets them from the same
 * template, through MiniStack's API. Each step closes one gap. It never runs on AWS, where CloudFormation does this.
 */
export async function fillGaps(template: Template, stack: string, endpoint: AwsEndpoint): Promise<void> {
  const settings = await sdkSettings(endpoint);
  const ids = await physicalIds(stack, settings);
  const deployed: Deployed = {
    of: (type) =>
      Object.entries(template.Resources)
        .filter(([, each]) => each.Type === type)
        .map(([id, each]) => [id, each.Properties]),
    id: (logicalId) => ids.get(logicalId) ?? logicalId,
    settings,
  };
  await Promise.all([setReservedConcurrency(deployed), setMethodThrottles(deployed), allowMailToAnyResource(deployed)]);
}

async function physicalIds(stack: string, settings: Deployed['settings']): Promise<Map<string, string>> {
  const client = new CloudFormationClient(settings);
  const ids = new Map<string, string>();
  let NextToken: string | undefined;
  do {
    const page = await client.send(new ListStackResourcesCommand({ StackName: stack, NextToken }));
    for (const each of page.StackResourceSummaries ?? [])
      ids.set(each.LogicalResourceId ?? '', each.PhysicalResourceId ?? '');
    NextToken = page.NextToken;
  } while (NextToken);
  return ids;
}

/** Gap 1: `ReservedConcurrentExecutions` of a function. */
async function setReservedConcurrency({ of, id, settings }: Deployed): Promise<void> {
  const client = new LambdaClient(settings);
  const bounded = of('AWS::Lambda::Function').filter(
    ([, properties]) => properties.ReservedConcurrentExecutions !== undefined,
  );
  await Promise.all(
    bounded.map(([logicalId, properties]) =>
      client.send(
        new PutFunctionConcurrencyCommand({
          FunctionName: id(logicalId),
          ReservedConcurrentExecutions: properties.ReservedConcurrentExecutions as number,
        }),
      ),
    ),
  );
}

interface MethodSetting {
  ResourcePath: string;
  HttpMethod: string;
  ThrottlingRateLimit?: number;
  ThrottlingBurstLimit?: number;
}

/** Gap 2: throttles of single methods. */
async function setMethodThrottles({ of, id, settings }: Deployed): Promise<void> {
  const client = new APIGatewayClient(settings);
  const restApiId = id(of('AWS::ApiGateway::RestApi')[0]?.[0] ?? '');
  const [, stage] = of('AWS::ApiGateway::Stage')[0] ?? [];
  const limited = ((stage?.MethodSettings ?? []) as MethodSetting[]).filter(
    (each) => each.ThrottlingRateLimit !== undefined,
  );
  const patchOperations = limited.flatMap(({ ResourcePath, HttpMethod, ThrottlingRateLimit, ThrottlingBurstLimit }) => {
    // The template already has the slashes of the path escaped as ~1, which a patch needs too.
    const path = `${ResourcePath.replace(/^\/(?=~1)/, '/')}/${HttpMethod}/throttling`;
    return [
      { op: 'replace' as const, path: `${path}/rateLimit`, value: String(ThrottlingRateLimit) },
      { op: 'replace' as const, path: `${path}/burstLimit`, value: String(ThrottlingBurstLimit) },
    ];
  });
  await client.send(new UpdateStageCommand({ restApiId, stageName: stage?.StageName as string, patchOperations }));
}

/**
 * Gap 3: the emulator checks `ses:SendEmail` against the resource `*`. It rejects the grant on the identity, which is
 * right on AWS.
 */
async function allowMailToAnyResource({ of, id, settings }: Deployed): Promise<void> {
  const client = new IAMClient(settings);
  const granting = of('AWS::IAM::Policy').filter(([, properties]) =>
    JSON.stringify(properties.PolicyDocument).includes('ses:SendEmail'),
  );
  const roles = granting.flatMap(([, properties]) =>
    (properties.Roles as { Ref: string }[]).map((role) => id(role.Ref)),
  );
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['ses:SendEmail', 'ses:SendRawEmail'], Resource: '*' }],
  });
  await Promise.all(
    roles.map((RoleName) =>
      client.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'EmulatorMail', PolicyDocument })),
    ),
  );
}
