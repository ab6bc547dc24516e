import {
  type CloudFormationClient,
  CloudFormationServiceException,
  DescribeStacksCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { EDGE_REGION, STACKS, type StackName, stackName, stackRegion } from '../../lib/stacks.ts';
import { type AwsStage, type Check, PreflightError } from './check.ts';
import type { Clients } from './clients.ts';

/** A deployed stack of the stage, or undefined. */
async function stackOf(clients: Clients, stage: AwsStage, name: StackName): Promise<Stack | undefined> {
  const { cloudFormation } = clients;
  const client = stackRegion(stage, name) === EDGE_REGION ? cloudFormation.edge : cloudFormation.stage;
  return describe(client, stackName(stage, name));
}

async function describe(client: CloudFormationClient, StackName: string): Promise<Stack | undefined> {
  try {
    return (await client.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0];
  } catch (error) {
    // CloudFormation has no error of its own for this.
    if (error instanceof CloudFormationServiceException && /does not exist/.test(error.message)) return undefined;
    throw error;
  }
}

/** Whether a stack of the stage has resources. After a first deployment that failed, it has none. */
export async function isDeployed(clients: Clients, stage: AwsStage, name: StackName): Promise<boolean> {
  const stack = await stackOf(clients, stage, name);
  return stack !== undefined && !['REVIEW_IN_PROGRESS', 'ROLLBACK_COMPLETE'].includes(stack.StackStatus ?? '');
}

export const stacks: Check = {
  what: 'stacks',
  actions: ['cloudformation:DescribeStacks'],
  run: async (clients, stage) => {
    const names = Object.keys(STACKS) as StackName[];
    const found = await Promise.all(names.map(async (name) => ({ name, stack: await stackOf(clients, stage, name) })));
    const faults = found.flatMap(({ name, stack }) => (stack ? stackFault(stack, stackRegion(stage, name)) : []));
    if (faults.length > 0) throw new PreflightError(faults.join('; '));
    const deployed = found.filter(({ stack }) => stack);
    if (deployed.length === 0) return 'none is deployed';
    return `${deployed.length} of ${names.length} are deployed, and none is in a state that stops a deployment`;
  },
};

/** What to do with a stack that the CDK cannot deploy. */
function stackFault(stack: Stack, region: string): string[] {
  const { StackName = '', StackStatus: status = 'CREATE_COMPLETE', EnableTerminationProtection: isProtected } = stack;
  const say = (advice: string) => [`${StackName} is ${status} in ${region}. ${advice}`];
  const unprotect = `aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${StackName} --region ${region}`;
  if (status === 'ROLLBACK_COMPLETE')
    // The CDK deletes such a stack and creates it again.
    return isProtected
      ? say(`Its first deployment failed, and termination protection keeps the CDK from deleting it. Run ${unprotect}`)
      : [];
  if (status === 'REVIEW_IN_PROGRESS') return [];
  if (status.endsWith('_IN_PROGRESS')) return say('Wait until this operation ends');
  if (status === 'UPDATE_ROLLBACK_FAILED')
    return say(`See its events for the reason, then run npx cdk rollback ${StackName}`);
  if (status === 'ROLLBACK_FAILED' || status === 'DELETE_FAILED')
    return say(
      `See its events for what could not be deleted, then delete the stack${isProtected ? ` (${unprotect})` : ''}`,
    );
  if (status.endsWith('_FAILED')) return say(`Run npx cdk rollback ${StackName}`);
  return [];
}
