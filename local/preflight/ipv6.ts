import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SESClient } from '@aws-sdk/client-ses';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type Check, PreflightError } from './check.ts';

/** The names that the SDK calls with `AWS_USE_DUALSTACK_ENDPOINT`, from its own rules. */
export function dualStackNames(region: string): string[] {
  return [SQSClient, KMSClient, SESClient, SecretsManagerClient].map((Client) => {
    const { endpointProvider } = new Client({ region }).config;
    return endpointProvider({ Region: region, UseDualStack: true, UseFIPS: false }).url.hostname;
  });
}

/** Whether the functions of a stage with `endpoints: 'ipv6'` can reach AWS services. */
export const ipv6: Check = {
  what: 'IPv6 names',
  actions: [],
  run: async ({ dns }, { aws, env }) => {
    if (aws.endpoints !== 'ipv6') return 'not needed, since functions use interface endpoints';
    const names = dualStackNames(env.region);
    const found = await Promise.all(names.map((name) => dns.resolve6(name).catch(noAddress)));
    const missing = names.filter((_, index) => found[index]?.length === 0);
    if (missing.length === 0) return `${names.join(', ')} have IPv6 addresses`;
    throw new PreflightError(
      `${missing.join(', ')} ${missing.length === 1 ? 'has' : 'have'} no IPv6 address, and functions of this stage reach AWS ` +
        'services over IPv6. Deploy with -c endpoints=interface',
    );
  },
};

/** A name without such a record, or no such name. Any other error means that the check could not be done. */
function noAddress(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENODATA' || error.code === 'ENOTFOUND') return [];
  throw error;
}
