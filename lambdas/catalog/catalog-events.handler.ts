import { cacheFromEnv } from '../cache/cache.client.ts';
import { databaseFromEnv } from '../database/database.client.ts';
import { type Consume, createConsumer } from '../queue/consumer.ts';
import { ProductReads } from './read-products.ts';

/** Drops what changed from the cache. Doing it twice does no harm, so nothing is recorded. */
function createInvalidation(): Consume {
  const reads = new ProductReads(databaseFromEnv(), cacheFromEnv());
  return async (event) => {
    if (!('productIds' in event.payload)) return;
    const done = await reads.invalidate(event.payload.productIds);
    if (!done) throw new Error('The cache is unavailable; the invalidation will be tried again.');
  };
}

export const handler = createConsumer(createInvalidation);
