import { cacheFromEnv } from '../cache/cache.client.ts';
import { databaseFromEnv } from '../database/database.client.ts';
import { orderEvents } from '../orders/orders.events.ts';
import { type Consume, createConsumer } from '../queue/consumer.ts';
import { productEvents } from './catalog.events.ts';
import { ProductReads } from './read-products.ts';

const consumed = { ...productEvents, ...orderEvents };

/** Invalidates the cached products that changed. Invalidation is idempotent, so event ids are not recorded. */
function createInvalidation(): Consume<typeof consumed> {
  const reads = new ProductReads(databaseFromEnv(), cacheFromEnv());
  return async (event) => {
    if (!('productIds' in event.payload)) return;
    const done = await reads.invalidate(event.payload.productIds);
    if (!done) throw new Error('The cache is unavailable. The invalidation will be retried.');
  };
}

export const handler = createConsumer(consumed, createInvalidation);
