import { cacheFromEnv } from '../cache/cache.client.ts';
import { databaseFromEnv } from '../database/database.client.ts';
import { createPublishCommitted, createSendEvent } from '../queue/publisher.ts';
import type { Implementations } from '../shared/contract.ts';
import { publicOrigin } from '../shared/env.ts';
import { etagOf, isUnchanged } from '../shared/etag.ts';
import { createApiHandler } from '../shared/http.ts';
import { catalogRoutes } from './catalog.routes.ts';
import { changeProduct, createProduct, versionsOf } from './change-products.ts';
import type { Product } from './product.ts';
import { ProductReads } from './read-products.ts';

/** The stock is part of a product but not of its version, so the tag has a hash too. */
const etag = (product: Product) => ({ etag: etagOf(product.version, product) });
/** A product is public. A client may store it, and must ask each time whether it has changed. */
const REVALIDATED = { 'cache-control': 'no-cache' };

function implement(): Implementations<typeof catalogRoutes> {
  const database = databaseFromEnv();
  const reads = new ProductReads(database, cacheFromEnv());
  const publish = createPublishCommitted(database, createSendEvent());

  return {
    listProducts: async ({ query }) => ({ status: 200, body: await reads.page(query) }),
    getProduct: async ({ params, headers }) => {
      const product = await reads.one(params.id);
      const own = { ...etag(product), ...REVALIDATED };
      if (isUnchanged(headers['if-none-match'], own.etag)) return { status: 304, headers: own };
      return { status: 200, headers: own, body: { product } };
    },
    createProduct: async ({ body }) => {
      const product = await createProduct(database, publish, body);
      return { status: 201, headers: etag(product), body: { product } };
    },
    changeProduct: async ({ params, headers, body }) => {
      const product = await changeProduct(database, publish, params.id, versionsOf(headers['if-match']), body);
      // The caller usually reads the product next. If this fails, the event invalidates it shortly after.
      await reads.invalidate([product.id]);
      return { status: 200, headers: etag(product), body: { product } };
    },
  };
}

export const handler = createApiHandler({ routes: catalogRoutes, implement, allowedOrigin: publicOrigin });
