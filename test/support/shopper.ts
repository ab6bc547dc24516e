import type { User } from '../../lambdas/auth/user.ts';
import type { Product } from '../../lambdas/catalog/product.ts';
import type { Order } from '../../lambdas/orders/order.ts';
import type { Payment, Refund } from '../../lambdas/payments/payment.ts';
import type { Notification } from '../../lambdas/workers/notifications/notification.ts';
import { uniqueEmail } from './factories.ts';
import { endpoints, eventually } from './platform.ts';

/** The fields of all response bodies. A test asserts which of them a response has. */
export interface Body {
  user: User;
  product: Product;
  order: Order;
  payment: Payment;
  refund: Refund;
  notification: Notification;
  items: { id: string; sku: string; [field: string]: unknown }[];
  nextCursor: string | null;
  accessToken: string;
  refreshToken: string;
  code: string;
  [field: string]: unknown;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Body;
}

export interface CallOptions {
  token?: string;
  body?: unknown;
  /** Sent unchanged, for bodies that are not JSON. */
  raw?: string;
  headers?: Record<string, string>;
}

/**
 * Makes one call through the edge, like a browser.
 * @throws Error for an error response that is not problem+json or that names another status in its document
 */
export async function call(
  method: string,
  path: string,
  { token, body, raw, headers }: CallOptions = {},
): Promise<Answer> {
  const response = await fetch(`${endpoints.edge}/api${path}`, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...((body !== undefined || raw !== undefined) && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
  });
  const text = await response.text();
  const answer = { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
  const isProblem = answer.headers.get('content-type') === 'application/problem+json' && answer.body.code;
  if (answer.status >= 400 && !(isProblem && answer.body.status === answer.status))
    throw new Error(`${method} ${path} answered ${answer.status} with no problem document of that status: ${text}`);
  return answer;
}

export const PASSWORD = 'correct horse battery';

/** A customer with an account and a session. */
export class Shopper {
  readonly email: string;
  accessToken = '';
  refreshToken = '';

  constructor(email: string) {
    this.email = email;
  }

  static async signUp(): Promise<Shopper> {
    const shopper = new Shopper(uniqueEmail());
    const { status, body } = await call('POST', '/auth/signup', {
      body: { email: shopper.email, password: PASSWORD, name: 'Ann' },
    });
    if (status !== 201) throw new Error(`Sign-up answered ${status}: ${JSON.stringify(body)}`);
    return shopper.logIn();
  }

  async logIn(password = PASSWORD): Promise<this> {
    const { status, body } = await call('POST', '/auth/login', { body: { email: this.email, password } });
    if (status !== 200) throw new Error(`Log-in answered ${status}: ${JSON.stringify(body)}`);
    this.accessToken = body.accessToken;
    this.refreshToken = body.refreshToken;
    return this;
  }

  call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    return call(method, path, { token: this.accessToken, ...options });
  }

  placeOrder(items: { productId: string; quantity: number }[], key: string = crypto.randomUUID()): Promise<Answer> {
    return this.call('POST', '/orders', { body: { items }, headers: { 'idempotency-key': key } });
  }

  pay(orderId: string, token = 'tok_approved', key: string = crypto.randomUUID()): Promise<Answer> {
    const body = { orderId, paymentMethod: { type: 'card', token } };
    return this.call('POST', '/payments', { body, headers: { 'idempotency-key': key } });
  }

  async orderWithStatus(id: string, status: string): Promise<Order> {
    return eventually(async () => {
      const { body } = await this.call('GET', `/orders/${id}`);
      return body.order.status === status && body.order;
    });
  }
}

export async function admin(): Promise<Shopper> {
  return new Shopper(endpoints.admin.email).logIn(endpoints.admin.password);
}

export interface Mail {
  subject: string;
  text: string;
  html: string;
  to: string[];
}

/** Waits for a mail whose subject contains `subject`. */
export function mailTo(email: string, subject: string): Promise<Mail> {
  return eventually(async () => (await mailsTo(email)).find((mail) => mail.subject.includes(subject)), 15_000);
}

export async function mailsTo(email: string): Promise<Mail[]> {
  const response = await fetch(`${endpoints.mailbox}/api/messages?to=${encodeURIComponent(email)}`);
  return ((await response.json()) as { items: Mail[] }).items;
}
