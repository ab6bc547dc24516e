import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { makeProduct, unique } from '../support/factories.ts';
import { endpoints, eventually, platformFolder } from '../support/platform.ts';
import { type Answer, admin, call, Shopper } from '../support/shopper.ts';

const isProblem = ({ status, headers, body }: Answer, wanted: number, code: string) => {
  expect({ status, code: body?.code }).toEqual({ status: wanted, code });
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(body).toMatchObject({
    type: expect.any(String),
    title: expect.any(String),
    status: wanted,
    requestId: expect.any(String),
  });
};

test('no path traversal reaches the emulator behind the API, and the mailbox survives a malformed request', async () => {
  const { port, hostname } = new URL(endpoints.edge);
  const raw = (target: string, to = { port, hostname }) =>
    new Promise<number | undefined>((resolve, reject) => {
      http
        .get({ ...to, path: target }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
        .once('error', reject);
    });
  expect(await raw('/api/../../../../_ministack/ses/messages')).toBe(404);
  expect(await raw('/api/%2e%2e/%2e%2e/%2e%2e/%2e%2e/_ministack/health')).toBe(404);
  const mailbox = new URL(endpoints.mailbox);
  await raw('//', { port: mailbox.port, hostname: mailbox.hostname });
  expect((await fetch(`${endpoints.mailbox}/api/messages?to=nobody`)).status).toBe(200);
});

describe('every error is problem+json with a code', () => {
  const token = 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln';
  test.each([
    ['no token', 'GET', '/orders', {}, 401, 'UNAUTHENTICATED'],
    ['a forged token', 'GET', '/orders', { token }, 401, 'UNAUTHENTICATED'],
    ['an unknown path', 'GET', '/nothing/here', {}, 404, 'NOT_FOUND'],
    ['an unknown method', 'DELETE', '/products', {}, 404, 'NOT_FOUND'],
    ['a malformed id', 'GET', '/products/one', {}, 422, 'VALIDATION_FAILED'],
    ['an unknown id', 'GET', `/products/${crypto.randomUUID()}`, {}, 404, 'NOT_FOUND'],
    ['a limit that is not a number', 'GET', '/products?limit=many', {}, 422, 'VALIDATION_FAILED'],
    ['a made-up cursor', 'GET', '/products?cursor=abc', {}, 422, 'VALIDATION_FAILED'],
    ['a body that is not JSON', 'POST', '/auth/login', { raw: '{' }, 422, 'VALIDATION_FAILED'],
    ['no body', 'POST', '/auth/login', {}, 422, 'VALIDATION_FAILED'],
    [
      'a body of another content type',
      'POST',
      '/auth/login',
      { raw: '{"email":"a@example.com","password":"x"}', headers: { 'content-type': 'text/plain' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'an unknown field',
      'POST',
      '/auth/login',
      { body: { email: 'a@example.com', password: 'x', role: 'admin' } },
      422,
      'VALIDATION_FAILED',
    ],
    [
      'a NUL character',
      'POST',
      '/auth/signup',
      { body: { email: 'a@example.com', password: 'long enough \u0000', name: 'x' } },
      422,
      'VALIDATION_FAILED',
    ],
    [
      'a body above the size limit',
      'POST',
      '/auth/login',
      { body: { email: 'a@example.com', password: 'x'.repeat(300_000) } },
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    ['a webhook without a signature', 'POST', '/payments/webhooks/sandbox', { body: {} }, 400, 'BAD_SIGNATURE'],
    ['a webhook of an unknown provider', 'POST', '/payments/webhooks/nobody', { body: {} }, 404, 'NOT_FOUND'],
  ] as const)('%s', async (_, method, path, options, status, code) => {
    isProblem(await call(method, path, options), status, code);
  });

  test('an order without an idempotency key', async () => {
    const shopper = await Shopper.signUp();
    isProblem(
      await shopper.call('POST', '/orders', { body: { items: [{ productId: crypto.randomUUID(), quantity: 1 }] } }),
      400,
      'IDEMPOTENCY_KEY_REQUIRED',
    );
  });

  test('a product that does not exist names its line', async () => {
    const shopper = await Shopper.signUp();
    const unknown = await shopper.placeOrder([{ productId: crypto.randomUUID(), quantity: 1 }]);
    isProblem(unknown, 422, 'VALIDATION_FAILED');
    expect(unknown.body.fields).toEqual([{ field: 'items[0].productId', message: 'does not exist' }]);
  });
});

describe('the catalogue', () => {
  test('accepts a change by an administrator only for the current version, and all readers see it', async () => {
    const boss = await admin();
    const sku = unique('NEW');
    const created = await boss.call('POST', '/products', {
      body: { sku, name: 'New', description: '', price: { amountMinor: 100, currency: 'EUR' }, onHand: 1 },
    });
    expect(created).toMatchObject({ status: 201, body: { product: { sku, version: 1, available: 1 } } });
    const { id } = created.body.product;
    expect((await call('GET', `/products/${id}`)).body.product.name).toBe('New');
    const change = (version: string, name: string) =>
      boss.call('PATCH', `/products/${id}`, { body: { name }, headers: { 'if-match': version } });
    const answers = await Promise.all([change('"1"', 'A'), change('"1"', 'B')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
    const winner = answers.find(({ status }) => status === 200)?.body.product;
    await eventually(async () => (await call('GET', `/products/${id}`)).body.product.name === winner?.name);
    isProblem(await boss.call('PATCH', `/products/${id}`, { body: { name: 'C' } }), 428, 'IF_MATCH_REQUIRED');
    isProblem(
      await boss.call('POST', '/products', {
        body: { sku, name: 'Again', description: '', price: { amountMinor: 1, currency: 'EUR' }, onHand: 0 },
      }),
      409,
      'SKU_TAKEN',
    );
  });

  test('rejects changes by customers', async () => {
    const shopper = await Shopper.signUp();
    isProblem(
      await shopper.call('PATCH', `/products/${await makeProduct(1)}`, {
        body: { name: 'Mine' },
        headers: { 'if-match': '"1"' },
      }),
      403,
      'FORBIDDEN',
    );
  });

  test('returns each product once across all pages', async () => {
    for (let made = 0; made < 5; made++) await makeProduct(1);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null && seen.length < 500) {
      const { body }: Answer = await call('GET', `/products?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.items.map((product) => product.id));
      cursor = body.nextCursor;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThanOrEqual(5);
  });
});

describe('the edge', () => {
  test('answers an unknown deep address with 404 and the page of the storefront', async () => {
    const page = await fetch(`${endpoints.edge}/orders/of/nobody`);
    expect(page.status).toBe(404);
    expect(await page.text()).toContain('<main id="main"');
    expect((await fetch(`${endpoints.edge}/no-such-file.js`)).status).toBe(404);
  });

  test('serves the storefront with the security headers of CloudFront', async () => {
    const page = await fetch(endpoints.edge);
    expect(await page.text()).toContain('<main id="main"');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('x-frame-options')).toBe('DENY');
  });

  test.each(['/../package.json', '/%2e%2e/%2e%2e/package.json', '/..%2fpackage.json'])(
    'serves nothing outside the storefront: %s',
    async (attempt) => {
      const { request } = await import('node:http');
      const { port } = new URL(endpoints.edge);
      const body = await new Promise<string>((resolve, reject) => {
        request({ host: '127.0.0.1', port, path: attempt }, async (response) => {
          let text = '';
          for await (const part of response) text += part;
          resolve(text);
        })
          .once('error', reject)
          .end();
      });
      expect(body).not.toContain('throughline');
    },
  );

  test('allows CORS requests only from its own origin', async () => {
    const preflight = await fetch(`${endpoints.api}/orders`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBe(endpoints.edge);
  });

  test('writes one access log line per request, without query, body or token', async () => {
    const { headers } = await call('GET', '/products?limit=1&cursor=secret');
    const line = await eventually(async () =>
      readFileSync(path.join(platformFolder, 'logs', 'access.log'), 'utf8')
        .split('\n')
        .find((each) => each.includes(headers.get('x-request-id') as string)),
    );
    expect(JSON.parse(line)).toEqual({
      time: expect.any(String),
      method: 'GET',
      path: '/api/products',
      status: 422,
      durationMs: expect.any(Number),
      requestId: headers.get('x-request-id'),
    });
  });
});
