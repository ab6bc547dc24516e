import type { SQSClient } from '@aws-sdk/client-sqs';

/**
 * Creates a client of SQS. Loading the SDK takes about 60 ms, so the first call does it, not the import.
 *
 * By default the SDK sends to the host in a queue's URL. That host is an IPv4 name, which functions without an interface endpoint cannot
 * reach (docs/decisions/0026), and an emulator may put any host there, also a real one of AWS. So the host comes from the settings:
 * `AWS_ENDPOINT_URL`, `AWS_USE_DUALSTACK_ENDPOINT` and the region.
 */
export async function createSqsClient(maxAttempts: number): Promise<SQSClient> {
  const { SQSClient } = await import('@aws-sdk/client-sqs');
  return new SQSClient({ maxAttempts, useQueueUrlAsEndpoint: false });
}
