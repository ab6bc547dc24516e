import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import * as z from 'zod';
import { defineRoutes, READ_LIMIT } from '../../../lambdas/shared/contract.ts';
import { createApiHandler } from '../../../lambdas/shared/http.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { MAX_BODY_BYTES, MAX_CONTENT_BYTES } from '../../../lambdas/shared/size-limits.ts';
import { emailSchema, nameText, text } from '../../../lambdas/shared/text.ts';

const responses = { 200: { description: 'A thing.', body: z.object({ userAgent: z.string() }) } };
const routes = defineRoutes({
  look: {
    operationId: 'look',
    summary: 'Looks.',
    method: 'GET',
    path: '/things/{name}',
    caller: 'public',
    params: z.object({ name: text(1, 20) }),
    query: z.object({ cursor: text(1, 20).optional() }),
    headers: z.object({ 'if-match': text(0, 20).optional() }),
    responses,
    limit: READ_LIMIT,
  },
  make: {
    operationId: 'make',
    summary: 'Makes.',
    method: 'POST',
    path: '/things',
    caller: 'public',
    body: z.strictObject({
      email: emailSchema,
      name: nameText(1, 20_000),
      items: z.array(z.strictObject({ quantity: z.int().min(1) })),
    }),
    responses: { 204: { description: 'Made.' } },
    limit: READ_LIMIT,
  },
});

const handler = createApiHandler({
  routes,
  implement: () => ({
    look: async ({ userAgent }) => ({ status: 200 as const, headers: { etag: '"1"' }, body: { userAgent } }),
    make: async () => ({ status: 204 as const }),
  }),
  allowedOrigin: () => 'https://shop.example',
});

async function call(event: Partial<APIGatewayProxyEvent>) {
  const requestContext = { requestId: 'r', identity: { sourceIp: '127.0.0.1' } };
  const answer = await handler({ headers: {}, requestContext, ...event } as APIGatewayProxyEvent, {} as Context);
  return { ...answer, json: answer.body ? JSON.parse(answer.body) : undefined };
}
const look = (event: Partial<APIGatewayProxyEvent> = {}) =>
  call({ httpMethod: 'GET', resource: '/things/{name}', pathParameters: { name: 'x' }, ...event });
const make = (body: string, headers: Record<string, string> = {}) =>
  call({ httpMethod: 'POST', resource: '/things', body, headers });
const thing = { email: 'ann@example.com', name: 'A', items: [{ quantity: 1 }] };

beforeAll(() => {
  jest.spyOn(logger, 'info').mockImplementation(() => {});
});

describe('a 422', () => {
  test('names each field that is invalid and each that is unknown', async () => {
    const body = {
      email: 'ann@example',
      name: 'a\u202Eb',
      items: [{ quantity: 0, colour: 'red' }],
      role: 'admin',
      a: 1,
    };
    const { statusCode, json } = await make(JSON.stringify(body));
    expect(statusCode).toBe(422);
    expect(json.fields).toEqual([
      { field: 'email', message: 'must be an e-mail address, such as ann@example.com' },
      { field: 'name', message: 'must not contain U+202E, a bidirectional control' },
      { field: 'items[0].quantity', message: expect.any(String) },
      { field: 'items[0].colour', message: 'is not a known field' },
      { field: 'role', message: 'is not a known field' },
      { field: 'a', message: 'is not a known field' },
    ]);
  });

  test('names parameters and headers', async () => {
    const { json } = await look({
      pathParameters: { name: '\uFFFE' },
      queryStringParameters: { cursor: '\u0000' },
      headers: { 'If-Match': '\u0085' },
    });
    expect(json.fields.map(({ field }: { field: string }) => field)).toEqual([
      'path.name',
      'query.cursor',
      'header.if-match',
    ]);
  });

  test('names the body that is no JSON', async () => {
    expect((await make('{')).json.fields).toEqual([{ field: 'body', message: 'is not valid JSON' }]);
  });
});

describe('a body', () => {
  test('is limited by its decoded content', async () => {
    const name = '京'.repeat(5_000);
    const escaped = JSON.stringify({ ...thing, name }).replaceAll('京', '\\u4eac');
    expect((await make(escaped)).statusCode).toBe(204);
    const tooLong = JSON.stringify({ ...thing, name: '京'.repeat(MAX_CONTENT_BYTES / 3) });
    expect((await make(tooLong)).statusCode).toBe(413);
    expect((await make(tooLong.replaceAll('京', '\\u4eac'))).statusCode).toBe(413);
    expect((await make(JSON.stringify('\\u0061'.repeat(MAX_BODY_BYTES / 6)))).statusCode).toBe(413);
  });

  test('that is nested deeply is invalid', async () => {
    const depth = MAX_CONTENT_BYTES / 2;
    expect((await make('['.repeat(depth) + ']'.repeat(depth))).statusCode).toBe(422);
  });

  test('is not compressed', async () => {
    expect((await make(JSON.stringify(thing), { 'Content-Encoding': 'gzip' })).statusCode).toBe(415);
  });
});

describe('a response', () => {
  test('to HEAD has the headers of one to GET and no body, also if it is an error', async () => {
    const [get, head] = [await look(), await look({ httpMethod: 'HEAD' })];
    expect({ ...head, body: get.body, json: get.json }).toEqual(get);
    expect(head.body).toBe('');
    const invalid = await look({ httpMethod: 'HEAD', pathParameters: { name: '' } });
    expect(invalid).toMatchObject({ statusCode: 422, body: '' });
  });

  test('without a body has no content type', async () => {
    const { statusCode, headers } = await make(JSON.stringify(thing));
    expect(statusCode).toBe(204);
    expect(headers).not.toHaveProperty('content-type');
  });

  test('varies by what it depends on', async () => {
    expect((await look()).headers?.vary).toBe('origin, accept-encoding');
  });
});

test('a user agent is stored without characters that cannot be stored', async () => {
  const { json } = await look({ headers: { 'User-Agent': `a\u0085${'😀'.repeat(100)}` } });
  expect(json.userAgent).toBe(`a\uFFFD${'😀'.repeat(99)}`);
});
