/** Buys one product as a new customer: node client/examples/buy.ts http://127.0.0.1:8080/api */
import { createClient } from '../src/index.ts';

const [baseUrl = 'http://127.0.0.1:8080/api', email = `${crypto.randomUUID()}@example.com`] = process.argv.slice(2);
const shop = createClient({ baseUrl });
const account = { email, password: 'correct horse battery' };
await shop.signUp({ body: { ...account, name: 'Ann' } });
await shop.logIn({ body: account });
const { items } = await shop.listProducts({ query: { limit: 100 } });
const lines = items.filter(({ available }) => available > 0).map(({ id }) => ({ productId: id, quantity: 1 }));
const { order } = await shop.placeOrder({ body: { items: lines.slice(0, 1) } });
const paymentMethod = { type: 'card', token: 'tok_approved' } as const;
const { payment } = await shop.payOrder({ body: { orderId: order.id, paymentMethod } });
console.log(JSON.stringify({ orderId: order.id, paymentStatus: payment.status }));
