import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { describe, expect, test } from '@jest/globals';
import { CACHE_USERS } from '../../lambdas/cache/cache-users.ts';
import { DATABASE_SERVICES, roleOf } from '../../lambdas/database/database-roles.ts';
import { AWS_STAGES, type Json, ROOT, resourcesOf } from '../support/assembly.ts';
import { ACCOUNT, Intrinsics, REGION } from '../support/intrinsics.ts';

type AwsStage = (typeof AWS_STAGES)[number];
const FILE = path.join(ROOT, 'docs', 'permissions.json');
const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;

/** What each function might try: every action that any of them needs, and some that none should have, on everything. */
function attempts(stage: AwsStage): { action: string; resource: string; name: string }[] {
  const tries: { action: string; resource: string; name: string }[] = [];
  const add = (resource: string, name: string, ...actions: string[]) =>
    tries.push(...actions.map((action) => ({ action, resource, name })));
  for (const { Properties } of resourcesOf(stage, 'AWS::SQS::Queue'))
    add(
      arn('sqs', Properties.QueueName),
      Properties.QueueName,
      'sqs:SendMessage',
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:PurgeQueue',
      'sqs:GetQueueAttributes',
    );
  for (const { id } of resourcesOf(stage, 'AWS::KMS::Key').filter(({ stack }) => stack !== 'edge'))
    add(arn('kms', `key/${id}`), id, 'kms:Sign', 'kms:GetPublicKey', 'kms:Decrypt', 'kms:ScheduleKeyDeletion');
  const secrets = [
    ...resourcesOf(stage, 'AWS::SecretsManager::Secret').flatMap(({ Properties }) => Properties.Name ?? []),
    // The schema owner's has no name of ours; it is known by the cluster that it belongs to.
    ...resourcesOf(stage, 'AWS::SecretsManager::SecretTargetAttachment').map(({ id }) => id),
  ];
  for (const name of secrets)
    add(
      arn('secretsmanager', `secret:${name}-AbCdEf`),
      name,
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
    );
  const [proxy] = resourcesOf(stage, 'AWS::RDS::DBProxy');
  const [cluster] = resourcesOf(stage, 'AWS::RDS::DBCluster');
  const server = proxy ? `prx-${proxy.id.toLowerCase()}` : `${cluster?.id.toLowerCase()}`;
  for (const user of [...DATABASE_SERVICES.map(roleOf), 'throughline_owner'])
    add(arn('rds-db', `dbuser:${server}/${user}`), user, 'rds-db:connect');
  for (const user of Object.keys(CACHE_USERS))
    add(arn('elasticache', `user:throughline-${stage}-${user}`), user, 'elasticache:Connect');
  for (const { Properties } of resourcesOf(stage, 'AWS::SES::EmailIdentity'))
    add(
      arn('ses', `identity/${Properties.EmailIdentity}`),
      'mail identity',
      'ses:SendEmail',
      'ses:DeleteEmailIdentity',
    );
  for (const { Properties } of resourcesOf(stage, 'AWS::SES::ConfigurationSet'))
    add(arn('ses', `configuration-set/${Properties.Name}`), 'configuration set', 'ses:SendEmail');
  for (const { id } of resourcesOf(stage, 'AWS::S3::Bucket'))
    add(`arn:aws:s3:::${id.toLowerCase()}/file`, id, 's3:GetObject', 's3:PutObject');
  add('*', 'anything', 'iam:CreateUser', 'sts:GetSessionToken');
  for (const { Properties } of resourcesOf(stage, 'AWS::Lambda::Function').filter(
    ({ Properties }) => Properties.FunctionName,
  ))
    add(
      arn('lambda', `function:${Properties.FunctionName}`),
      Properties.FunctionName,
      'lambda:InvokeFunction',
      'lambda:UpdateFunctionCode',
    );
  return tries;
}

/** The context of a call out of a function in the network, over TLS. */
const CONTEXT = {
  'aws:SecureTransport': 'true',
  'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`,
  'aws:SourceAccount': ACCOUNT,
};

async function mayDo(stage: AwsStage): Promise<Record<string, string[]>> {
  const intrinsics = new Intrinsics(stage);
  const policies = resourcesOf(stage, 'AWS::IAM::Policy').filter(({ stack }) => stack === 'services');
  const allowed: Record<string, string[]> = {};
  const keyPolicies = Object.fromEntries(
    resourcesOf(stage, 'AWS::KMS::Key').map(({ id, stack, Properties }) => [
      id,
      intrinsics.evaluate(stack, Properties.KeyPolicy),
    ]),
  );
  const functions = resourcesOf(stage, 'AWS::Lambda::Function').filter(({ Properties }) => Properties.FunctionName);
  for (const fn of functions) {
    const roleId = fn.Properties.Role['Fn::GetAtt'][0];
    const identityPolicies = policies
      .filter(({ Properties }) => Properties.Roles.some((role: Json) => role.Ref === roleId))
      .map(({ id, Properties }) => ({ name: id, policy: intrinsics.evaluate('services', Properties.PolicyDocument) }));
    const found: string[] = [];
    for (const { action, resource, name } of attempts(stage)) {
      const result = await runSimulation(
        {
          request: {
            principal: `arn:aws:iam::${ACCOUNT}:role/${roleId}`,
            action,
            resource: { resource, accountId: ACCOUNT },
            contextVariables: CONTEXT,
          },
          identityPolicies,
          // A key's own policy must trust the account before any role's policy counts.
          ...(action.startsWith('kms:') && { resourcePolicy: keyPolicies[name] }),
          serviceControlPolicies: [],
          resourceControlPolicies: [],
        },
        {},
      );
      if (result.resultType === 'error') throw new Error(`${action} ${resource}: ${JSON.stringify(result.errors)}`);
      if (result.overallResult === 'Allowed') found.push(`${action} ${name.replace(`throughline-${stage}-`, '')}`);
    }
    allowed[fn.Properties.FunctionName.replace(`throughline-${stage}-`, '')] = found.sort();
  }
  return allowed;
}

describe.each(AWS_STAGES)('by simulation of the policies of %s', (stage) => {
  test('each function may do what docs/permissions.json says, and is denied the rest', async () => {
    const allowed = await mayDo(stage);
    if (process.env.WRITE_PERMISSIONS && stage === 'prod') writeFileSync(FILE, `${JSON.stringify(allowed, null, 2)}\n`);
    const committed: Record<string, string[]> = JSON.parse(readFileSync(FILE, 'utf8'));
    if (stage === 'dev') delete committed['synthetic-buyer'];
    expect(allowed).toEqual(committed);
  });
});
