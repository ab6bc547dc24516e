import { element, turnPage } from './dom.ts';
import { explain } from './forms.ts';
import * as pages from './pages.ts';
import { api, logOut } from './session.ts';

function navigation(): void {
  const link = (href: string, label: string) => element('a', { href }, label);
  const leave = async () => {
    await logOut();
    location.hash = '#/';
    await route();
  };
  const account = api.isLoggedIn()
    ? [link('#/orders', 'Orders'), element('button', { type: 'button', click: () => void leave() }, 'Log out')]
    : [link('#/log-in', 'Log in'), link('#/sign-up', 'Sign up')];
  document.querySelector('nav')?.replaceChildren(link('#/', 'Products'), ...account);
}

/** Opens the page of a URL hash. */
function pageOf(hash: string): Promise<void> {
  const [path = '', query] = hash.replace(/^#/, '').split('?');
  const [, first = '', second = ''] = path.split('/');
  const token = new URLSearchParams(query).get('token') ?? '';
  switch (first) {
    case 'orders':
      return second ? pages.orderPage(second) : pages.ordersPage();
    case 'log-in':
      return pages.logInPage();
    case 'sign-up':
      return pages.signUpPage();
    case 'verify-email':
      return pages.verifyPage(token);
    case 'reset-password':
      return pages.resetPage(token);
    case 'forgot-password':
      return pages.forgotPage();
    case '':
      return pages.productsPage();
    default:
      return pages.unknownPage();
  }
}

async function route(): Promise<void> {
  navigation();
  turnPage();
  await pageOf(location.hash).catch(explain);
}

window.addEventListener('hashchange', () => void route());
// The skip link must not change the hash, which would open another page. So it only moves the focus.
document.querySelector('.skip')?.addEventListener('click', (event) => {
  event.preventDefault();
  document.querySelector('main')?.focus();
});
void route();
