import http from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { MAX_BODY_BYTES } from '../../lambdas/shared/size-limits.ts';
import { makeProduct, unique, uniqueEmail } from '../support/factories.ts';
import { endpoints, eventually } from '../support/platform.ts';
import { admin, call, mailTo, PASSWORD, Shopper } from '../support/shopper.ts';

const fieldsOf = (body: Record<string, unknown>) => (body.fields as { field: string }[]).map(({ field }) => field);
const product = (change: object) => ({
  ...{ sku: unique('NEW'), name: 'New', description: '', price: { amountMinor: 100, currency: 'EUR' }, onHand: 1 },
  ...change,
});

/** A request as it is, since `fetch` adds and decodes codings by itself. */
async function raw(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  parts: (string | Buffer)[] = [],
) {
  const { hostname, port } = new URL(endpoints.edge);
  return new Promise<{ status: number; headers: http.IncomingHttpHeaders; bytes: Buffer }>((resolve, reject) => {
    const request = http.request({ hostname, port, method, path, headers }, async (response) => {
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        bytes: Buffer.concat(await response.toArray()),
      });
    });
    request.once('error', reject);
    for (const part of parts) request.write(part);
    request.end();
  });
}

/** Waits until the event of the order has removed the product from the cache. */
const eventuallyChanged = (id: string, etag: string) =>
  eventually(async () => {
    const answer = await raw('GET', `/api/products/${id}`, { 'if-none-match': etag });
    return answer.status === 200 && answer;
  });

describe('a 422 names its fields', () => {
  const signUp = { email: 'ann@example.com', password: PASSWORD, name: 'Ann' };
  test.each([
    ['an address without a top-level domain', { ...signUp, email: 'ann@example' }, ['email']],
    ['a short password', { ...signUp, password: 'short' }, ['password']],
    ['an unknown member', { ...signUp, role: 'admin' }, ['role']],
    ['a missing member', { email: signUp.email, password: PASSWORD }, ['name']],
    ['several errors', { email: 'ann@example', password: 'short', name: 'A\u202E' }, ['email', 'password', 'name']],
  ])('of a sign-up with %s', async (_, body, fields) => {
    const answer = await call('POST', '/auth/signup', { body });
    expect({ status: answer.status, fields: fieldsOf(answer.body) }).toEqual({ status: 422, fields });
  });

  test('of an order with the quantity 0, and of a reused key', async () => {
    const shopper = await Shopper.signUp();
    const productId = await makeProduct(5);
    const none = await shopper.placeOrder([{ productId, quantity: 0 }]);
    expect(fieldsOf(none.body)).toEqual(['items[0].quantity']);
    const key = crypto.randomUUID();
    await shopper.placeOrder([{ productId, quantity: 1 }], key);
    const reused = await shopper.placeOrder([{ productId, quantity: 2 }], key);
    expect(reused).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(fieldsOf(reused.body)).toEqual(['header.idempotency-key']);
  });

  test('of a link that is not known, and of a body that is no JSON', async () => {
    expect(fieldsOf((await call('POST', '/auth/verify-email', { body: { token: 'unknown' } })).body)).toEqual([
      'token',
    ]);
    expect(fieldsOf((await call('POST', '/auth/login', { raw: '{' })).body)).toEqual(['body']);
  });
});

describe('text', () => {
  test('that a queue or a database cannot carry is refused, and the answer says why', async () => {
    for (const [escaped, message] of [
      ['\\uffff', 'must not contain U+FFFF, a noncharacter'],
      ['\\ud83d', 'must not contain U+D83D, half of a surrogate pair'],
      ['\\u0007', 'must not contain U+0007, a control character'],
    ]) {
      const json = `{"email":"${uniqueEmail()}","password":"${PASSWORD}","name":"Ann${escaped}"}`;
      const { status, body } = await call('POST', '/auth/signup', { raw: json });
      expect({ status, fields: body.fields }).toEqual({ status: 422, fields: [{ field: 'name', message }] });
    }
  });

  test('of several lines is kept in a description', async () => {
    const description = 'One\n\tTwo\r\n京 😀';
    const { status, body } = await (await admin()).call('POST', '/products', { body: product({ description }) });
    expect(status).toBe(201);
    expect((await call('GET', `/products/${body.product.id}`)).body.product.description).toBe(description);
  });

  test('of a path with characters that cannot be stored is refused', async () => {
    expect((await call('POST', '/payments/webhooks/%EF%BF%BE', { body: {} })).status).toBe(422);
  });

  test('with an e-mail address as the world has them reaches its mailbox', async () => {
    for (const local of ['a&b', 'to/ann', 'ann#1', 'ann+shop']) {
      const email = `${local}-${uniqueEmail().replace('@example.com', '@xn--h1alffa9f.xn--p1ai')}`;
      const body = { email: ` ${email}\t`, password: PASSWORD, name: 'Ann' };
      expect(await call('POST', '/auth/signup', { body })).toMatchObject({ status: 201, body: { user: { email } } });
      expect((await mailTo(email, 'Verify')).to).toEqual([email]);
      expect((await call('POST', '/auth/login', { body: { email: `${email} `, password: PASSWORD } })).status).toBe(
        200,
      );
    }
  });
});

describe('a body', () => {
  const description = '京'.repeat(5_000);
  const create = async (json: string) => {
    const { accessToken: token } = await admin();
    return call('POST', '/products', { raw: json, token });
  };

  test('with 5,000 Chinese characters is accepted, as UTF-8 and as escapes', async () => {
    for (const isEscaped of [false, true]) {
      const json = JSON.stringify(product({ description }));
      const { status, body } = await create(isEscaped ? json.replaceAll('京', '\\u4eac') : json);
      expect(status).toBe(201);
      expect((await call('GET', `/products/${body.product.id}`)).body.product.description).toBe(description);
    }
  });

  test('with more content is refused, whether or not it is escaped or declares its length', async () => {
    const json = JSON.stringify(product({ description: description + description }));
    expect((await create(json)).status).toBe(413);
    expect((await create(json.replaceAll('京', '\\u4eac'))).status).toBe(413);
    const half = 'x'.repeat(MAX_BODY_BYTES / 2);
    const chunked = await raw('POST', '/api/auth/login', { 'content-type': 'application/json' }, [half, half]);
    expect(chunked.status).toBe(413);
    expect(JSON.parse(chunked.bytes.toString()).code).toBe('PAYLOAD_TOO_LARGE');
  });

  test('that is compressed is refused, since no firewall reads it', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    expect((await raw('POST', '/api/auth/login', headers, ['x'])).status).toBe(415);
  });
});

describe('HEAD', () => {
  test.each(['/api/products', '/api/health', '/api/.well-known/jwks.json', '/api/products/one', '/api/auth/me', '/'])(
    'of %s has the status and the type of GET, and no body',
    async (path) => {
      const [get, head] = [await raw('GET', path), await raw('HEAD', path)];
      expect({ status: head.status, type: head.headers['content-type'] }).toEqual({
        status: get.status,
        type: get.headers['content-type'],
      });
      expect(head.bytes.length).toBe(0);
      expect([undefined, String(get.bytes.length)]).toContain(head.headers['content-length']);
    },
  );

  test('needs the token that GET needs', async () => {
    const shopper = await Shopper.signUp();
    const headers = { authorization: `Bearer ${shopper.accessToken}` };
    expect((await raw('HEAD', '/api/auth/me', headers)).status).toBe(200);
    expect((await raw('HEAD', '/api/auth/me')).status).toBe(401);
  });
});

describe('a product’s entity tag', () => {
  test('spares the body while the product and its stock are the same', async () => {
    const id = await makeProduct(5);
    const { headers } = await call('GET', `/products/${id}`);
    const etag = headers.get('etag') as string;
    expect(etag).toMatch(/^"1-/);
    for (const value of [etag, `W/${etag}`, `"0", ${etag}`, '*']) {
      const { status, headers: kept, bytes } = await raw('GET', `/api/products/${id}`, { 'if-none-match': value });
      expect({ status, length: bytes.length, type: kept['content-type'] }).toEqual({ status: 304, length: 0 });
      expect(kept).toMatchObject({
        etag,
        vary: expect.stringContaining('accept-encoding'),
        'cache-control': 'no-cache',
      });
    }
    expect((await raw('GET', `/api/products/${id}`, { 'if-none-match': '"1"' })).status).toBe(200);
    const boss = await admin();
    await boss.call('PATCH', `/products/${id}`, { body: { onHand: 4 }, headers: { 'if-match': etag } });
    const changed = await raw('GET', `/api/products/${id}`, { 'if-none-match': etag });
    expect(changed.status).toBe(200);
    expect(changed.headers.etag).not.toBe(etag);
  });

  test('is not enough when only the stock has changed', async () => {
    const id = await makeProduct(5);
    const etag = (await call('GET', `/products/${id}`)).headers.get('etag') as string;
    const shopper = await Shopper.signUp();
    expect((await shopper.placeOrder([{ productId: id, quantity: 2 }])).status).toBe(201);
    const answer = await eventuallyChanged(id, etag);
    expect(JSON.parse(answer.bytes.toString()).product).toMatchObject({ version: 1, available: 3 });
  });

  test('allows a change by a list of versions and by *, and refuses one that is not in the list', async () => {
    const boss = await admin();
    const id = await makeProduct(5);
    const change = async (ifMatch: string) =>
      (await boss.call('PATCH', `/products/${id}`, { body: { name: unique('A') }, headers: { 'if-match': ifMatch } }))
        .status;
    expect(await change('"7", "8"')).toBe(412);
    expect(await change('"7", "1"')).toBe(200);
    expect(await change('*')).toBe(200);
    expect(await change('"2"')).toBe(412);
    expect(await change('W/"3"')).toBe(200);
    const unknown = { body: { name: 'A' }, headers: { 'if-match': '*' } };
    expect((await boss.call('PATCH', `/products/${crypto.randomUUID()}`, unknown)).status).toBe(404);
  });
});

describe('compression', () => {
  test('is used for a list of products if the caller accepts it', async () => {
    for (let made = 0; made < 10; made++) await makeProduct(1);
    const path = '/api/products?limit=10';
    const [plain, gzip] = [await raw('GET', path), await raw('GET', path, { 'accept-encoding': 'gzip' })];
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(gzip.headers['content-encoding']).toBe('gzip');
    expect(gzip.bytes.length).toBeLessThan(plain.bytes.length);
    for (const { headers } of [plain, gzip]) expect(headers.vary).toBe('origin, accept-encoding');
    expect((await call('GET', '/products?limit=10')).body.items).toHaveLength(10);
  });

  test('is used for the storefront', async () => {
    const page = await raw('GET', '/', { 'accept-encoding': 'gzip' });
    expect(page.headers.vary).toBe('accept-encoding');
    const script = /src="(\/[^"]+\.js)"/.exec((await raw('GET', '/')).bytes.toString())?.[1] as string;
    expect((await raw('GET', script, { 'accept-encoding': 'gzip' })).headers['content-encoding']).toBe('gzip');
  });
});
