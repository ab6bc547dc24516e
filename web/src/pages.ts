import { isProblem, type Order } from '../../client/src/index.ts';
import { formatMoney } from '../../lambdas/shared/money-format.ts';
import { element, field, say, sayNext, show } from './dom.ts';
import { type Attempt, form, tell } from './forms.ts';
import { api } from './session.ts';

const go = (hash: string) => {
  location.hash = hash;
};
const submit = (label: string) => element('button', { type: 'submit' }, label);

export async function productsPage(): Promise<void> {
  const { items } = await api.listProducts({ query: { limit: 100 } });
  const cards = items.map((product) =>
    element(
      'li',
      { class: 'card' },
      element('h2', {}, product.name),
      element('p', {}, product.description),
      element('p', {}, `${formatMoney(product.price)}, ${product.available} available`),
      form(
        ({ quantity }, attempt) => order(product.id, Number(quantity), attempt),
        field('Quantity', { name: 'quantity', type: 'number', min: '1', max: '1000', value: '1' }),
        submit(`Order ${product.name}`),
      ),
    ),
  );
  show('Products', element('ul', { class: 'cards' }, ...cards));
}

async function order(productId: string, quantity: number, { idempotencyKey }: Attempt): Promise<void> {
  if (!api.isLoggedIn()) return toLogIn('Please log in to place an order.');
  const placed = await api.placeOrder({
    body: { items: [{ productId, quantity }] },
    idempotencyKey,
  });
  go(`#/orders/${placed.order.id}`);
}

/** Opens the log-in page and shows the reason. */
function toLogIn(why: string): void {
  go('#/log-in');
  sayNext(why);
}

export async function ordersPage(): Promise<void> {
  if (!api.isLoggedIn()) return toLogIn('Please log in to see your orders.');
  const { items } = await api.listOrders();
  const rows = items.map((order) =>
    element(
      'li',
      {},
      element('a', { href: `#/orders/${order.id}` }, `${formatMoney(order.total)}, ${statusText(order.status)}`),
      ` placed ${new Date(order.createdAt).toLocaleString()}`,
    ),
  );
  show('Your orders', rows.length ? element('ul', {}, ...rows) : element('p', {}, 'You have no orders yet.'));
}

const statusText = (status: string) => status.replaceAll('_', ' ');

/** Polling interval while a captured payment is not yet applied to its order. */
const POLL_MS = 400;

export async function orderPage(id: string): Promise<void> {
  if (!api.isLoggedIn()) return toLogIn('Please log in to see your orders.');
  const { order } = await api.getOrder({ params: { id } });
  const lines = order.items.map((item) =>
    element('li', {}, `${item.quantity} × ${item.name}: ${formatMoney(item.lineTotal)}`),
  );
  show(
    `Order for ${formatMoney(order.total)}`,
    element('p', {}, 'Status: ', element('strong', { id: 'order-status' }, statusText(order.status))),
    element('ul', {}, ...lines),
    ...(order.status === 'awaiting_payment' ? [paymentForm(order), cancelButton(order)] : []),
  );
}

const CARDS = ['tok_approved', 'tok_declined', 'tok_requires_action', 'tok_slow', 'tok_timeout_after_charge'];

function paymentForm(order: Order): HTMLElement {
  const options = CARDS.map((token) => element('option', { value: token }, statusText(token.slice('tok_'.length))));
  return form(
    ({ token }, attempt) => pay(order.id, token as string, attempt),
    element('label', {}, 'Test card', element('select', { name: 'token' }, ...options)),
    submit(`Pay ${formatMoney(order.total)}`),
  );
}

function cancelButton(order: Order): HTMLElement {
  const cancel = async () => {
    await api.cancelOrder({ params: { id: order.id } });
    await orderPage(order.id);
  };
  return element('button', { type: 'button', class: 'quiet', click: () => void tell(cancel) }, 'Cancel order');
}

async function pay(orderId: string, token: string, { idempotencyKey }: Attempt): Promise<void> {
  say('Processing your payment …');
  const body = { orderId, paymentMethod: { type: 'card' as const, token } };
  const started = await api
    .payOrder({ body, idempotencyKey })
    .then(({ payment }) => ({ paymentId: payment.id, nextAction: payment.nextAction }), paymentUnderWay);
  if (started.nextAction) offerApproval(started.nextAction.url);
  await untilSettled(orderId, started.paymentId);
}

/** Follows an earlier payment that is still in progress, perhaps in another tab. @throws any other error */
function paymentUnderWay(error: unknown) {
  if (!isProblem(error, 'payOrder') || error.document.code !== 'PAYMENT_IN_PROGRESS') throw error;
  const { paymentId, nextAction } = error.document;
  if (!paymentId) throw error;
  return { paymentId, nextAction };
}

/** A link and not a new window, which a browser may block. */
function offerApproval(url: string): void {
  const link = element('a', { href: url, target: '_blank', rel: 'noopener' }, 'Approve the payment');
  document.querySelector('main')?.append(element('p', {}, link));
  say('Your bank needs your approval. Please follow the link below.');
  link.focus();
}

/** Polls until the order has the result of its payment, as long as its page is shown. */
async function untilSettled(orderId: string, paymentId: string): Promise<void> {
  const isShown = () => location.hash === `#/orders/${orderId}`;
  while (isShown()) {
    const { order } = await api.getOrder({ params: { id: orderId } });
    const { payment } = await api.getPayment({ params: { id: paymentId } });
    const isOpen = order.status === 'awaiting_payment';
    if (isOpen && payment.status !== 'declined') {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      continue;
    }
    if (isShown()) await orderPage(orderId);
    return say(isOpen ? 'Your payment was declined. Please try again.' : `Your order is ${statusText(order.status)}.`);
  }
}

export async function logInPage(): Promise<void> {
  const submitLogIn = async ({ email, password }: Record<string, string>) => {
    await api.logIn({ body: { email: email as string, password: password as string } });
    go('#/');
  };
  show(
    'Log in',
    form(
      submitLogIn,
      field('E-mail', { name: 'email', type: 'email', autocomplete: 'username' }),
      field('Password', { name: 'password', type: 'password', autocomplete: 'current-password' }),
      submit('Log in'),
    ),
    element('p', {}, 'No account? ', element('a', { href: '#/sign-up' }, 'Sign up')),
    element('p', {}, element('a', { href: '#/forgot-password' }, 'Forgot your password?')),
  );
}

export async function signUpPage(): Promise<void> {
  const submitSignUp = async ({ name, email, password }: Record<string, string>) => {
    const body = { name: name as string, email: email as string, password: password as string };
    await api.signUp({ body });
    await api.logIn({ body: { email: body.email, password: body.password } });
    go('#/');
    sayNext('Welcome! We have sent you an e-mail to verify your address.');
  };
  show(
    'Sign up',
    form(
      submitSignUp,
      field('Name', { name: 'name', autocomplete: 'name' }),
      field('E-mail', { name: 'email', type: 'email', autocomplete: 'username' }),
      newPasswordField(),
      submit('Sign up'),
    ),
  );
}

const newPasswordField = () =>
  field('Password (10 characters or more)', {
    name: 'password',
    type: 'password',
    minlength: '10',
    autocomplete: 'new-password',
  });

export async function forgotPage(): Promise<void> {
  const requestLink = async ({ email }: Record<string, string>) => {
    await api.requestPasswordReset({ body: { email: email as string } });
    say('If there is an account for that address, we have sent it an e-mail with a link.');
  };
  const address = field('E-mail', { name: 'email', type: 'email', autocomplete: 'username' });
  show('Forgot your password?', form(requestLink, address, submit('Send me a link')));
}

export async function unknownPage(): Promise<void> {
  show('Page not found', element('a', { href: '#/' }, 'Go to the products'));
}

export async function verifyPage(token: string): Promise<void> {
  await api.verifyEmail({ body: { token } });
  show('Your address is verified', element('a', { href: '#/' }, 'Go to the products'));
}

export async function resetPage(token: string): Promise<void> {
  const reset = async ({ password }: Record<string, string>) => {
    await api.resetPassword({
      body: { token, newPassword: password as string },
    });
    toLogIn('Your password has been changed. Please log in.');
  };
  show('Set a new password', form(reset, newPasswordField(), submit('Set password')));
}
