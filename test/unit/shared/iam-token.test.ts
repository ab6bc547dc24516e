import { Signer } from '@aws-sdk/rds-signer';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { cacheToken, databaseToken } from '../../../lambdas/shared/iam-token.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a secret', sessionToken: 'a session/token+=' };

beforeAll(() => {
  jest.useFakeTimers({ now: NOW });
  process.env.AWS_REGION = 'eu-central-1';
  process.env.AWS_ACCESS_KEY_ID = CREDENTIALS.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = CREDENTIALS.secretAccessKey;
  process.env.AWS_SESSION_TOKEN = CREDENTIALS.sessionToken;
});
afterAll(() => {
  jest.useRealTimers();
});

test('a database token equals the token from AWS’s own signer', async () => {
  const [hostname, port, username] = ['db.cluster-x.eu-central-1.rds.amazonaws.com', 5432, 'orders_service'];
  const signer = new Signer({ hostname, port, username, region: 'eu-central-1', credentials: CREDENTIALS });
  const parts = (token: string) => {
    const url = new URL(`https://${token}`);
    return { host: url.host, query: Object.fromEntries(url.searchParams) };
  };
  expect(parts(await databaseToken(hostname, port, username, NOW))).toEqual(parts(await signer.getAuthToken()));
});

test('a cache token names the cache and the user and is valid for fifteen minutes', async () => {
  const url = new URL(`https://${await cacheToken('throughline-prod', 'throughline-prod-orders', NOW)}`);
  expect(url.host).toBe('throughline-prod');
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    Action: 'connect',
    User: 'throughline-prod-orders',
    'X-Amz-Expires': '900',
    'X-Amz-Date': '20261124T120000Z',
    'X-Amz-Credential': 'AKIDEXAMPLE/20261124/eu-central-1/elasticache/aws4_request',
    'X-Amz-Security-Token': CREDENTIALS.sessionToken,
    'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});
