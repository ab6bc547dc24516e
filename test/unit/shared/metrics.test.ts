import { afterEach, expect, jest, test } from '@jest/globals';

/** The metrics that a call writes to the log, each with its dimensions and their values. */
async function written(name: 'UnhandledError' | 'EventDuplicate', version?: string) {
  jest.resetModules();
  process.env.POWERTOOLS_METRICS_DISABLED = 'false';
  process.env.POWERTOOLS_SERVICE_NAME = 'orders';
  if (version) process.env.AWS_LAMBDA_FUNCTION_VERSION = version;
  else delete process.env.AWS_LAMBDA_FUNCTION_VERSION;
  const lines: string[] = [];
  const { Console } = await import('node:console');
  jest.spyOn(Console.prototype, 'log').mockImplementation((line: unknown) => void lines.push(String(line)));
  jest.spyOn(console, 'log').mockImplementation((line: unknown) => void lines.push(String(line)));
  const { count } = await import('../../../lambdas/shared/metrics.ts');
  count(name);
  return lines
    .map((line) => JSON.parse(line))
    .map((line) => [line[name], ...line._aws.CloudWatchMetrics[0].Dimensions[0].map((each: string) => line[each])]);
}
afterEach(() => {
  jest.restoreAllMocks();
  process.env.POWERTOOLS_METRICS_DISABLED = 'true';
  delete process.env.AWS_LAMBDA_FUNCTION_VERSION;
});

test('an unhandled error is counted for its service, and for the version that a canary watches', async () => {
  expect(await written('UnhandledError', '7')).toEqual([
    [1, 'orders'],
    [1, 'orders', '7'],
  ]);
});

test('other counters are counted for the service alone', async () => {
  expect(await written('EventDuplicate', '7')).toEqual([[1, 'orders']]);
});

test('outside Lambda there is no version', async () => {
  expect(await written('UnhandledError')).toEqual([[1, 'orders']]);
});
