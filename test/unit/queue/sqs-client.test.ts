import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createQueueProbe, createQueueSender } from '../../../lambdas/queue/publisher.ts';
import { createSqsClient } from '../../../lambdas/queue/sqs-client.ts';

/** The URL of a queue on AWS. Nothing in this file may call its host. */
const QUEUE_URL = 'https://sqs.eu-central-1.amazonaws.com/111122223333/throughline-dev-order-events';
const ENV = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'secret',
  QUEUE_URLS: JSON.stringify({ 'order-events': QUEUE_URL }),
};
beforeEach(() => {
  Object.assign(process.env, ENV);
});
afterEach(() => {
  for (const name of [...Object.keys(ENV), 'AWS_ENDPOINT_URL', 'AWS_USE_DUALSTACK_ENDPOINT']) delete process.env[name];
});

describe('with the address of an emulator', () => {
  test('every call goes there, whatever host the URL of the queue has', async () => {
    const received: { host: string | undefined; queue: string }[] = [];
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        received.push({ host: request.headers.host, queue: JSON.parse(Buffer.concat(parts).toString()).QueueUrl });
        response.setHeader('content-type', 'application/x-amz-json-1.0');
        const MD5OfMessageBody = createHash('md5').update('{}').digest('hex');
        response.end(JSON.stringify({ Attributes: {}, MessageId: 'id', MD5OfMessageBody }));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    process.env.AWS_ENDPOINT_URL = `http://${host}`;
    try {
      await createQueueSender()('order-events', '{}');
      await createQueueProbe('order-events')();
    } finally {
      server.closeAllConnections();
      server.close();
    }
    expect(received).toEqual([
      { host, queue: QUEUE_URL },
      { host, queue: QUEUE_URL },
    ]);
  });
});

/** The host that a call would reach. */
async function hostOfCall(): Promise<string> {
  const sqs = await createSqsClient(1);
  const { GetQueueAttributesCommand } = await import('@aws-sdk/client-sqs');
  let host = '';
  sqs.middlewareStack.add(
    () =>
      async ({ request }) => {
        host = (request as { hostname: string }).hostname;
        throw new Error('not sent');
      },
    { step: 'deserialize', priority: 'high' },
  );
  await sqs.send(new GetQueueAttributesCommand({ QueueUrl: QUEUE_URL })).catch(() => {});
  return host;
}

describe('on AWS', () => {
  test('a function without interface endpoints calls the name that has IPv6 addresses', async () => {
    process.env.AWS_USE_DUALSTACK_ENDPOINT = 'true';
    expect(await hostOfCall()).toBe('sqs.eu-central-1.api.aws');
  });

  test('other functions call the regional name, which their endpoint answers', async () => {
    expect(await hostOfCall()).toBe('sqs.eu-central-1.amazonaws.com');
  });
});
