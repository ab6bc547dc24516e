import type { Order } from '../../lambdas/orders/order.ts';
import { formatMoney } from '../../lambdas/shared/money-format.ts';
import { element, field, formValues, say, show } from './dom.ts';
import { api, isLoggedIn, logIn } from './session.ts';

const go = (hash: string) => {
  location.hash = hash;
};
const heading = (text: string) => element('h1', {}, text);
const submit = (label: string) => element('button', { type: 'submit' }, label);

function form(
  onSubmit: (values: Record<string, string>) => Promise<void>,
  ...children: (Node | string)[]
): HTMLElement {
  const made = element('form', {}, ...children);
  made.addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt(() => onSubmit(formValues(made)));
  });
  return made;
}

/** Runs what a person asked for and tells what went wrong. */
async function attempt(work: () => Promise<void>): Promise<void> {
  say('');
  try {
    await work();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}

export async function productsPage(): Promise<void> {
  const { items } = await api<'listProducts'>('GET', '/products', { query: { limit: 100 } });
  const cards = items.map((product) =>
    element(
      'li',
      { class: 'card' },
      element('h2', {}, product.name),
      element('p', {}, product.description),
      element('p', {}, `${formatMoney(product.price)}, ${product.available} available`),
      form(
        ({ quantity }) => order(product.id, Number(quantity)),
        field('Quantity', { name: 'quantity', type: 'number', min: '1', max: '1000', value: '1' }),
        submit(`Order ${product.name}`),
      ),
    ),
  );
  show(heading('Products'), element('ul', { class: 'cards' }, ...cards));
}

async function order(productId: string, quantity: number): Promise<void> {
  if (!isLoggedIn()) return go('#/log-in');
  const idempotencyKey = crypto.randomUUID();
  const placed = await api<'placeOrder'>('POST', '/orders', {
    body: { items: [{ productId, quantity }] },
    idempotencyKey,
  });
  go(`#/orders/${placed.order.id}`);
}

export async function ordersPage(): Promise<void> {
  if (!isLoggedIn()) return go('#/log-in');
  const { items } = await api<'listOrders'>('GET', '/orders', {});
  const rows = items.map((order) =>
    element(
      'li',
      {},
      element('a', { href: `#/orders/${order.id}` }, `${formatMoney(order.total)}, ${words(order.status)}`),
      ` placed ${new Date(order.createdAt).toLocaleString()}`,
    ),
  );
  show(heading('Your orders'), rows.length ? element('ul', {}, ...rows) : element('p', {}, 'None yet.'));
}

const words = (status: string) => status.replaceAll('_', ' ');

/** Asked again this often while an order is on its way from captured to paid. */
const POLL_MS = 400;

export async function orderPage(id: string): Promise<void> {
  if (!isLoggedIn()) return go('#/log-in');
  const { order } = await api<'getOrder'>('GET', '/orders/{id}', { params: { id } });
  const lines = order.items.map((item) =>
    element('li', {}, `${item.quantity} × ${item.name}: ${formatMoney(item.lineTotal)}`),
  );
  show(
    heading(`Order over ${formatMoney(order.total)}`),
    element('p', {}, 'Status: ', element('strong', { id: 'order-status' }, words(order.status))),
    element('ul', {}, ...lines),
    ...(order.status === 'awaiting_payment' ? [paymentForm(order), cancelButton(order)] : []),
  );
}

const CARDS = ['tok_approved', 'tok_declined', 'tok_requires_action', 'tok_slow', 'tok_timeout_after_charge'];

function paymentForm(order: Order): HTMLElement {
  const options = CARDS.map((token) => element('option', { value: token }, words(token.slice('tok_'.length))));
  return form(
    ({ token }) => pay(order.id, token as string),
    element('label', {}, 'Test card', element('select', { name: 'token' }, ...options)),
    submit(`Pay ${formatMoney(order.total)}`),
  );
}

function cancelButton(order: Order): HTMLElement {
  const cancel = async () => {
    await api<'cancelOrder'>('POST', '/orders/{id}/cancel', { params: { id: order.id } });
    await orderPage(order.id);
  };
  return element('button', { type: 'button', click: () => void attempt(cancel) }, 'Cancel the order');
}

async function pay(orderId: string, token: string): Promise<void> {
  say('Paying …');
  const body = { orderId, paymentMethod: { type: 'card' as const, token } };
  const { payment } = await api<'payOrder'>('POST', '/payments', { body, idempotencyKey: crypto.randomUUID() });
  if (payment.nextAction) {
    window.open(payment.nextAction.url, '_blank', 'noopener');
    say('Approve the payment in the page that has opened.');
  }
  await untilSettled(orderId);
}

async function untilSettled(id: string): Promise<void> {
  const { order } = await api<'getOrder'>('GET', '/orders/{id}', { params: { id } });
  if (location.hash !== `#/orders/${id}`) return;
  if (order.status === 'awaiting_payment') {
    setTimeout(() => void attempt(() => untilSettled(id)), POLL_MS);
    return;
  }
  await orderPage(id);
  say(`The order is ${words(order.status)}.`);
}

export async function logInPage(): Promise<void> {
  const enter = async ({ email, password }: Record<string, string>) => {
    await logIn(email as string, password as string);
    go('#/');
  };
  show(
    heading('Log in'),
    form(
      enter,
      field('E-mail', { name: 'email', type: 'email', autocomplete: 'username' }),
      passwordField('current-password'),
      submit('Log in'),
    ),
    element('p', {}, 'No account? ', element('a', { href: '#/sign-up' }, 'Sign up')),
  );
}

export async function signUpPage(): Promise<void> {
  const open = async ({ name, email, password }: Record<string, string>) => {
    const body = { name: name as string, email: email as string, password: password as string };
    await api<'signUp'>('POST', '/auth/signup', { body });
    await logIn(body.email, body.password);
    go('#/');
    say('Welcome! A mail to verify your address is on its way.');
  };
  show(
    heading('Sign up'),
    form(
      open,
      field('Name', { name: 'name', autocomplete: 'name' }),
      field('E-mail', { name: 'email', type: 'email', autocomplete: 'username' }),
      passwordField('new-password'),
      submit('Sign up'),
    ),
  );
}

const passwordField = (autocomplete: string) =>
  field('Password (10 characters or more)', { name: 'password', type: 'password', minlength: '10', autocomplete });

export async function verifyPage(token: string): Promise<void> {
  await api<'verifyEmail'>('POST', '/auth/verify-email', { body: { token } });
  show(heading('Your address is verified.'), element('a', { href: '#/' }, 'To the products'));
}

export async function resetPage(token: string): Promise<void> {
  const reset = async ({ password }: Record<string, string>) => {
    await api<'resetPassword'>('POST', '/auth/password-reset/confirm', {
      body: { token, newPassword: password as string },
    });
    go('#/log-in');
    say('Your password is set. Log in with it.');
  };
  show(heading('Set a new password'), form(reset, passwordField('new-password'), submit('Set the password')));
}
