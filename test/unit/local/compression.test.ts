import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { acceptsGzip, sendBody } from '../../../local/servers/compression.ts';
import { readBody } from '../../../local/servers/request-body.ts';

test.each([
  [undefined, false],
  ['', false],
  ['identity', false],
  ['br', false],
  ['gzip', true],
  ['br, GZIP', true],
  ['gzip;q=0', false],
  ['gzip; q=0.5', true],
  ['*', true],
  ['*;q=0', false],
  ['gzip;q=0, *', false],
])('accept-encoding %j accepts gzip: %j', (header, accepts) => {
  expect(acceptsGzip(header)).toBe(accepts);
});

describe('a server', () => {
  const LONG = JSON.stringify('x'.repeat(2_000));
  const MAX_BYTES = 100;
  const server = http.createServer(async (request, response) => {
    const body = request.url === '/echo' ? await readBody(request, MAX_BYTES) : Buffer.from(LONG);
    response.statusCode = body ? 200 : 413;
    response.setHeader('etag', '"1"');
    response.setHeader('content-type', request.url === '/image' ? 'image/png' : 'application/problem+json');
    response.setHeader('content-length', String(body?.length ?? 0));
    sendBody(request, response, Readable.from(body ? [body] : []));
  });
  let port = 0;
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => void server.close());

  async function send(path: string, headers: Record<string, string> = {}, parts: string[] = []) {
    const request = http.request({ host: '127.0.0.1', port, path, headers, method: parts.length > 0 ? 'POST' : 'GET' });
    for (const part of parts) request.write(part);
    request.end();
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return { response, bytes: Buffer.concat(await response.toArray()) };
  }

  test('compresses text for a caller that accepts it, and the tag becomes weak', async () => {
    const { response, bytes } = await send('/', { 'accept-encoding': 'gzip' });
    expect(response.headers).toMatchObject({ 'content-encoding': 'gzip', etag: 'W/"1"' });
    expect(gunzipSync(bytes).toString()).toBe(LONG);
  });

  test.each([
    ['a caller that does not accept it', '/', {}],
    ['an image', '/image', { 'accept-encoding': 'gzip' }],
  ])('does not compress for %s', async (_, path, headers) => {
    const { response, bytes } = await send(path, headers);
    expect(response.headers['content-encoding']).toBeUndefined();
    expect(response.headers.etag).toBe('"1"');
    expect(bytes.toString()).toBe(LONG);
  });

  test('reads a body up to its limit and refuses a longer one, also in chunks', async () => {
    expect((await send('/echo', {}, ['a'.repeat(50), 'b'.repeat(49)])).bytes.length).toBe(99);
    expect((await send('/echo', {}, ['a'.repeat(50), 'b'.repeat(50)])).response.statusCode).toBe(413);
    expect((await send('/echo', { 'content-length': '100' }, ['a'.repeat(100)])).response.statusCode).toBe(413);
  });
});
