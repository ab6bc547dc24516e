/** The inputs of a visit. A test passes its own `fetch`. */
export interface Visit {
  /** The public origin of the shop. */
  origin: string;
  email: string;
  password: string;
  fetch?: typeof fetch;
}

const CALL_TIMEOUT_MS = 10_000;

/**
 * Buys like a customer, through the public API: logs in, lists products, places an order and cancels it. No money moves
 * and the stock is released. A cancelled order remains.
 *
 * @throws Error that names the failed step and its response
 */
export async function buyOnce(visit: Visit): Promise<{ orderId: string }> {
  const token = await logInOrSignUp(visit);
  const list = await expectOk(visit, 'GET', '/products?limit=100');
  const product = (list.items as { id: string; available: number }[]).find(({ available }) => available > 0);
  if (!product)
    throw new Error(
      'GET /products: no product is in stock. Create a product first: docs/deploy.md, "The first administrator".',
    );
  const body = { items: [{ productId: product.id, quantity: 1 }] };
  const placed = await expectOk(visit, 'POST', '/orders', { token, body, key: crypto.randomUUID() });
  const order = placed.order as { id: string };
  const cancelled = await expectOk(visit, 'POST', `/orders/${order.id}/cancel`, { token });
  const { status } = cancelled.order as { status: string };
  if (status !== 'cancelled') throw new Error(`POST /orders/{id}/cancel: the order is ${status}.`);
  return { orderId: order.id };
}

/** Logs in. Signs up first when the account does not exist. */
async function logInOrSignUp(visit: Visit): Promise<string> {
  const { email, password } = visit;
  let response = await call(visit, 'POST', '/auth/login', { body: { email, password } });
  if (response.status === 401) {
    await expectOk(visit, 'POST', '/auth/signup', { body: { email, password, name: 'Synthetic buyer' } });
    response = await call(visit, 'POST', '/auth/login', { body: { email, password } });
  }
  if (response.status !== 200) throw new Error(`POST /auth/login: ${response.status}`);
  return response.body.accessToken as string;
}

interface Options {
  token?: string;
  body?: unknown;
  key?: string;
}
type Body = Record<string, unknown>;

async function expectOk(visit: Visit, method: string, path: string, options: Options = {}): Promise<Body> {
  const { status, body } = await call(visit, method, path, options);
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${String(body.code)}`);
  return body;
}

async function call(visit: Visit, method: string, path: string, { token, body, key }: Options = {}) {
  const response = await (visit.fetch ?? fetch)(`${visit.origin}/api${path}`, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(key && { 'idempotency-key': key }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
  const text = await response.text();
  return { status: response.status, body: (text ? JSON.parse(text) : {}) as Body };
}
