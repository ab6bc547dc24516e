import { runSimulation } from '@cloud-copilot/iam-simulate';
import {
  CACHE_USERS,
  DATABASE_SERVICES,
  type DeclaredFunction,
  EVENT_ROUTES,
  publishedTypes,
  roleOf,
} from '../../lambdas/registry.ts';
import { ACCOUNT, Intrinsics, REGION } from './intrinsics.ts';
import { readResources, type TemplateResource } from './template-resources.ts';

interface Attempt {
  readonly action: string;
  readonly resource: string;
  readonly name: string;
}

const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;

/**
 * What a function may do because of its declaration. Its construct grants the other permissions, which a person has
 * reviewed.
 */
export function declaredPermissions(fn: DeclaredFunction): string[] {
  const { service } = fn;
  const sends = [...publishedTypes(fn).flatMap((type) => EVENT_ROUTES[type] ?? []), ...(fn.sendsTo ?? [])];
  return [
    ...(fn.database ? [`rds-db:connect ${roleOf(service.name)}`] : []),
    ...(fn.cache ? [`elasticache:Connect ${service.name}`] : []),
    ...[...new Set(sends)].flatMap((queue) => [`sqs:GetQueueAttributes ${queue}`, `sqs:SendMessage ${queue}`]),
    ...(fn.probes ?? []).map((queue) => `sqs:GetQueueAttributes ${queue}`),
    ...(fn.consumes
      ? ['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'].map((action) => `sqs:${action} ${fn.consumes}`)
      : []),
  ].sort();
}

/**
 * What each function may do, by simulation of the templates' policies. It tries every action that some function needs,
 * and some actions that no function should have, on every resource.
 * @param assembly the folder of a synthesized stage on AWS
 * @returns `action resource` by function name
 */
export async function simulatedPermissions(assembly: string, stage: string): Promise<Record<string, string[]>> {
  const resources = readResources(assembly);
  const of = (type: string) => resources.filter((each) => each.type === type);
  const intrinsics = new Intrinsics(assembly);
  const keyPolicies = Object.fromEntries(
    of('AWS::KMS::Key').map(({ id, stack, properties }) => [id, intrinsics.evaluate(stack, properties.KeyPolicy)]),
  );
  const attempts = attemptsOf(resources, stage);
  const allowed: Record<string, string[]> = {};
  for (const fn of of('AWS::Lambda::Function').filter(({ properties }) => properties.FunctionName)) {
    const roleId: string = fn.properties.Role['Fn::GetAtt'][0];
    const identityPolicies = of('AWS::IAM::Policy')
      .filter(
        ({ stack, properties }) =>
          stack === 'services' && properties.Roles.some((role: { Ref?: string }) => role.Ref === roleId),
      )
      .map(({ id, properties }) => ({ name: id, policy: intrinsics.evaluate('services', properties.PolicyDocument) }));
    const found: string[] = [];
    for (const attempt of attempts)
      if (await isAllowed(attempt, roleId, identityPolicies, keyPolicies))
        found.push(`${attempt.action} ${attempt.name.replace(`throughline-${stage}-`, '')}`);
    allowed[fn.properties.FunctionName.replace(`throughline-${stage}-`, '')] = found.sort();
  }
  return allowed;
}

/** The context of a call that a function in the network makes, over TLS. */
const CONTEXT = {
  'aws:SecureTransport': 'true',
  'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`,
  'aws:SourceAccount': ACCOUNT,
};

type Policies = Parameters<typeof runSimulation>[0]['identityPolicies'];

async function isAllowed(
  { action, resource, name }: Attempt,
  roleId: string,
  identityPolicies: Policies,
  keyPolicies: Record<string, unknown>,
): Promise<boolean> {
  const result = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${ACCOUNT}:role/${roleId}`,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: CONTEXT,
      },
      identityPolicies,
      // A role's policy counts only if the key's own policy trusts the account.
      ...(action.startsWith('kms:') && { resourcePolicy: keyPolicies[name] }),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (result.resultType === 'error') throw new Error(`${action} ${resource}: ${JSON.stringify(result.errors)}`);
  return result.overallResult === 'Allowed';
}

function attemptsOf(resources: TemplateResource[], stage: string): Attempt[] {
  const of = (type: string) => resources.filter((each) => each.type === type);
  const attempts: Attempt[] = [];
  const add = (resource: string, name: string, ...actions: string[]) =>
    attempts.push(...actions.map((action) => ({ action, resource, name })));
  const queueActions = ['SendMessage', 'ReceiveMessage', 'DeleteMessage', 'PurgeQueue', 'GetQueueAttributes'];
  for (const { properties } of of('AWS::SQS::Queue'))
    add(arn('sqs', properties.QueueName), properties.QueueName, ...queueActions.map((action) => `sqs:${action}`));
  for (const { id } of of('AWS::KMS::Key').filter(({ stack }) => stack !== 'edge'))
    add(arn('kms', `key/${id}`), id, 'kms:Sign', 'kms:GetPublicKey', 'kms:Decrypt', 'kms:ScheduleKeyDeletion');
  const secrets = [
    ...of('AWS::SecretsManager::Secret').flatMap(({ properties }) => properties.Name ?? []),
    // We do not name the secret of the schema owner. The id of its attachment to the cluster stands for it.
    ...of('AWS::SecretsManager::SecretTargetAttachment').map(({ id }) => id),
  ];
  const secretActions = ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'];
  for (const name of secrets) add(arn('secretsmanager', `secret:${name}-AbCdEf`), name, ...secretActions);
  const [proxy] = of('AWS::RDS::DBProxy');
  const [cluster] = of('AWS::RDS::DBCluster');
  const server = proxy ? `prx-${proxy.id.toLowerCase()}` : `${cluster?.id.toLowerCase()}`;
  for (const user of [...DATABASE_SERVICES.map(roleOf), 'throughline_owner'])
    add(arn('rds-db', `dbuser:${server}/${user}`), user, 'rds-db:connect');
  for (const user of Object.keys(CACHE_USERS))
    add(arn('elasticache', `user:throughline-${stage}-${user}`), user, 'elasticache:Connect');
  for (const { properties } of of('AWS::SES::EmailIdentity'))
    add(
      arn('ses', `identity/${properties.EmailIdentity}`),
      'mail identity',
      'ses:SendEmail',
      'ses:DeleteEmailIdentity',
    );
  for (const { properties } of of('AWS::SES::ConfigurationSet'))
    add(arn('ses', `configuration-set/${properties.Name}`), 'configuration set', 'ses:SendEmail');
  for (const { id } of of('AWS::S3::Bucket'))
    add(`arn:aws:s3:::${id.toLowerCase()}/file`, id, 's3:GetObject', 's3:PutObject');
  add('*', 'anything', 'iam:CreateUser', 'sts:GetSessionToken');
  for (const { properties } of of('AWS::Lambda::Function').filter((each) => each.properties.FunctionName)) {
    const name = properties.FunctionName;
    add(arn('lambda', `function:${name}`), name, 'lambda:InvokeFunction', 'lambda:UpdateFunctionCode');
  }
  return attempts;
}
