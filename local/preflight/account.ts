import { GetAccountCommand } from '@aws-sdk/client-api-gateway';
import { GetAccountCommand as GetSesAccountCommand } from '@aws-sdk/client-sesv2';
import { GetParameterCommand, ParameterNotFound, type SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, type GetCallerIdentityCommandOutput, type STSClient } from '@aws-sdk/client-sts';
import { EDGE_REGION, stackName } from '../../lib/stacks.ts';
import { placeholdersIn } from '../../lib/stage-context.ts';
import { type AwsStage, type Check, lacksCredentials, PreflightError } from './check.ts';

/** The placeholder settings, without the account: the CDK CLI sets it from the credentials if no setting does. */
const placeholders = ({ aws, env }: AwsStage) => placeholdersIn({ ...aws, account: env.account });

export const credentials: Check = {
  what: 'credentials',
  actions: ['sts:GetCallerIdentity'],
  run: async ({ sts }, stage) => {
    const { Account, Arn } = await identityOf(sts);
    const { account } = stage.env;
    if (Account !== account && !placeholders(stage).includes('account'))
      throw new PreflightError(
        `they are of account ${Account} (${Arn}), and the stage's account is ${account}. ` +
          'Use credentials of that account, or correct the setting account',
      );
    return `account ${Account}, ${Arn}`;
  },
};

async function identityOf(sts: STSClient): Promise<GetCallerIdentityCommandOutput> {
  try {
    return await sts.send(new GetCallerIdentityCommand({}));
  } catch (error) {
    const { name, message } = error as Error;
    if (!lacksCredentials(error as Error)) throw error;
    throw new PreflightError(
      `${name}: ${message}. Log in to AWS in this shell, until aws sts get-caller-identity succeeds`,
    );
  }
}

export const settings: Check = {
  what: 'settings',
  actions: [],
  run: async (_, stage) => {
    const missing = placeholders(stage).filter((name) => name !== 'account');
    const { domain, hostedZoneId, alertEmail } = stage.aws;
    const values: Record<string, string> = { domain, hostedZoneId, alertEmail };
    if (missing.length > 0)
      throw new PreflightError(
        `placeholder values: ${missing.map((name) => `${name} is ${values[name]}`).join(', ')}. ` +
          `Set your own with -c ${missing[0]}=… or the environment variables in docs/deploy.md`,
      );
    return `${domain}, hosted zone ${hostedZoneId}, alerts to ${alertEmail}`;
  },
};

/** The parameter in which the CDK's bootstrap stack writes its version. */
export const BOOTSTRAP_PARAMETER = '/cdk-bootstrap/hnb659fds/version';
/** What the CDK requires of the bootstrap stack. A synth test compares it with the synthesized stacks. */
export const MIN_BOOTSTRAP_VERSION = 6;

export const bootstrap: Check = {
  what: 'CDK bootstrap',
  actions: ['ssm:GetParameter'],
  run: async ({ ssm }, stage) => {
    const { env, name } = stage;
    const regions = [...new Set([env.region, EDGE_REGION])];
    const found = await Promise.all(
      regions.map(async (region) => ({
        region,
        version: await bootstrapVersion(region === env.region ? ssm.stage : ssm.edge),
      })),
    );
    const wrong = found.filter(({ version }) => !(Number(version) >= MIN_BOOTSTRAP_VERSION));
    const report = (each: typeof found) =>
      each.map(({ region, version }) => `${version ? `version ${version}` : 'none'} in ${region}`).join(', ');
    const account = placeholders(stage).includes('account') ? '<account>' : env.account;
    if (wrong.length > 0)
      throw new PreflightError(
        `${report(wrong)}; version ${MIN_BOOTSTRAP_VERSION} or newer is needed. ` +
          `Run npx cdk bootstrap ${wrong.map(({ region }) => `aws://${account}/${region}`).join(' ')} -c stage=${name}`,
      );
    return report(found);
  },
};

async function bootstrapVersion(ssm: SSMClient): Promise<string | undefined> {
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: BOOTSTRAP_PARAMETER }));
    return Parameter?.Value;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw error;
  }
}

export const mail: Check = {
  what: 'SES',
  actions: ['ses:GetAccount'],
  run: async ({ ses }, { env }) => {
    const { ProductionAccessEnabled, SendingEnabled, EnforcementStatus, SendQuota } = await ses.send(
      new GetSesAccountCommand({}),
    );
    if (!ProductionAccessEnabled)
      throw new PreflightError(
        `the account is in the sandbox in ${env.region}, so mails reach verified addresses only. ` +
          'Request production access for this region in the SES console',
      );
    if (!SendingEnabled)
      throw new PreflightError(
        `sending is disabled in ${env.region} (status ${EnforcementStatus ?? 'unknown'}). ` +
          'See the account dashboard in the SES console for the reason',
      );
    return `production access in ${env.region}, ${SendQuota?.Max24HourSend ?? 'an unknown number of'} mails a day`;
  },
};

/** CloudFormation cuts the stack's name in the name of a role, when the role's would be longer than 64 characters. */
const STACK_NAME_IN_ROLE = 24;

/** For information. An account has one such role in each region, and the gateway stack sets it. */
export const apiLogRole: Check = {
  what: 'API Gateway log role',
  actions: ['apigateway:GET'],
  run: async ({ apiGateway }, stage) => {
    const { cloudwatchRoleArn } = await apiGateway.send(new GetAccountCommand({}));
    if (!cloudwatchRoleArn) return `none in ${stage.env.region}. The gateway stack sets one`;
    if (cloudwatchRoleArn.includes(`role/${stackName(stage, 'gateway').slice(0, STACK_NAME_IN_ROLE)}`))
      return `${cloudwatchRoleArn}, from an earlier deployment of the stage`;
    return (
      `${cloudwatchRoleArn}. The gateway stack replaces it, for all APIs of the account in ${stage.env.region}. ` +
      'The new role is kept when the stage is destroyed'
    );
  },
};
