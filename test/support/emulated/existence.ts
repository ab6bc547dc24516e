import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetFunctionCommand } from '@aws-sdk/client-lambda';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { EmulatedAccount } from './account.ts';

type Probe = (account: EmulatedAccount, region: string, id: string) => Promise<unknown>;

/** Calls that find a resource by its physical id. A call fails or returns false if the resource does not exist. */
const PROBES: Record<string, Probe> = {
  'AWS::IAM::Role': (account, region, RoleName) =>
    new IAMClient(account.settings(region)).send(new GetRoleCommand({ RoleName })),
  // A key that is deleted exists until its waiting period ends.
  'AWS::KMS::Key': async (account, region, KeyId) => {
    const { KeyMetadata } = await new KMSClient(account.settings(region)).send(new DescribeKeyCommand({ KeyId }));
    return KeyMetadata?.KeyState === 'Enabled';
  },
  'AWS::Lambda::Function': (account, region, FunctionName) =>
    account.lambda(region).send(new GetFunctionCommand({ FunctionName })),
  'AWS::Logs::LogGroup': async (account, region, logGroupNamePrefix) => {
    const describe = new DescribeLogGroupsCommand({ logGroupNamePrefix });
    const { logGroups = [] } = await new CloudWatchLogsClient(account.settings(region)).send(describe);
    return logGroups.some(({ logGroupName }) => logGroupName === logGroupNamePrefix);
  },
  'AWS::S3::Bucket': (account, region, Bucket) => account.s3(region).send(new HeadBucketCommand({ Bucket })),
  'AWS::SecretsManager::Secret': async (account, region, SecretId) => {
    const client = new SecretsManagerClient(account.settings(region));
    const { DeletedDate } = await client.send(new DescribeSecretCommand({ SecretId }));
    return DeletedDate === undefined;
  },
  'AWS::SQS::Queue': (account, region, QueueUrl) =>
    new SQSClient(account.settings(region)).send(new GetQueueAttributesCommand({ QueueUrl })),
};

export const canProbe = (type: string): boolean => type in PROBES;

/** Whether a resource exists in the account, whatever CloudFormation says of it. */
export async function exists(
  account: EmulatedAccount,
  { type, region, id }: { type: string; region: string; id: string },
): Promise<boolean> {
  return (PROBES[type] as Probe)(account, region, id).then(
    (found) => found !== false,
    (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
      if (/NotFound|NoSuch|DoesNotExist/.test(error.name)) return false;
      throw error;
    },
  );
}
