import {
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  type LambdaClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import { reservedConcurrency } from '../../lib/constructs/concurrency.ts';
import { type Check, PreflightError } from './check.ts';

/** AWS refuses a reservation that leaves fewer unreserved. */
const MIN_UNRESERVED = 100;

/** The quota must hold what the stage reserves, what other functions of the account reserve, and 100 more. */
export const lambdaConcurrency: Check = {
  what: 'Lambda concurrency',
  actions: ['lambda:GetAccountSettings', 'lambda:GetFunctionConcurrency'],
  run: async ({ lambda }, stage) => {
    const reserved = reservedConcurrency(stage);
    const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}));
    const quota = AccountLimit?.ConcurrentExecutions ?? 0;
    const unreserved = AccountLimit?.UnreservedConcurrentExecutions ?? quota;
    const already = await Promise.all([...reserved.keys()].map((name) => reservedNow(lambda, name)));
    const byOthers = quota - unreserved - sum(already);
    const needed = sum([...reserved.values()]) + byOthers + MIN_UNRESERVED;
    const parts =
      `${sum([...reserved.values()])} for the stage, ${byOthers} reserved by other functions, ` +
      `${MIN_UNRESERVED} that stay unreserved`;
    if (quota < needed)
      throw new PreflightError(
        `the quota "Concurrent executions" is ${quota} in ${stage.env.region}; ${needed} are needed (${parts}). ` +
          `Request ${needed} or more: aws service-quotas request-service-quota-increase --service-code lambda ` +
          `--quota-code L-B99A9384 --desired-value ${needed} --region ${stage.env.region}`,
      );
    return `quota ${quota}, needed ${needed} (${parts})`;
  },
};

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

/** What an earlier deployment of the stage has reserved. */
async function reservedNow(lambda: LambdaClient, FunctionName: string): Promise<number> {
  try {
    const { ReservedConcurrentExecutions } = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }));
    return ReservedConcurrentExecutions ?? 0;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return 0;
    throw error;
  }
}
