import type { Database } from '../database/database.client.ts';
import { brokenConstraint } from '../database/database.errors.ts';
import { appendEvent, newEvent } from '../queue/outbox.ts';
import type { PublishCommitted } from '../queue/publisher.ts';
import { parseEntityTags } from '../shared/etag.ts';
import { commonProblems, Problem } from '../shared/problem.ts';
import { catalogProblems } from './catalog.errors.ts';
import { productEvents } from './catalog.events.ts';
import { findProduct, insertProduct, type ProductVersions, updateProduct } from './catalog.repository.ts';
import type { NewProduct, Product, ProductChange } from './product.ts';

/** @throws Problem SKU_TAKEN */
export async function createProduct(
  database: Database,
  publish: PublishCommitted,
  input: NewProduct,
): Promise<Product> {
  const { product, event } = await database.transaction(async (tx) => {
    const product = await insertProduct(tx, input);
    if (!product) throw new Problem(catalogProblems.SKU_TAKEN);
    return { product, event: await appendEvent(tx, changed(product)) };
  });
  await publish([event]);
  return product;
}

/**
 * Updates a product with optimistic locking.
 * @param versions the versions that the change may be based on
 * @throws Problem NOT_FOUND, STALE_VERSION, or STOCK_RESERVED when open orders reserve more than `onHand`
 */
export async function changeProduct(
  database: Database,
  publish: PublishCommitted,
  id: string,
  versions: ProductVersions,
  change: ProductChange,
): Promise<Product> {
  const { product, event } = await database
    .transaction(async (tx) => {
      const product = await updateProduct(tx, id, versions, change);
      if (!product) {
        const current = await findProduct(tx, id);
        if (!current) throw new Problem(commonProblems.NOT_FOUND);
        throw new Problem(catalogProblems.STALE_VERSION, { extra: { currentVersion: current.version } });
      }
      return { product, event: await appendEvent(tx, changed(product)) };
    })
    .catch(refuseReservedStock);
  await publish([event]);
  return product;
}

const changed = (product: Product) =>
  newEvent(productEvents, 'product.changed', product.id, product.version, { productIds: [product.id] });

function refuseReservedStock(error: unknown): never {
  if (brokenConstraint(error) === 'stock_is_never_oversold')
    throw new Problem(catalogProblems.STOCK_RESERVED, { cause: error });
  throw error;
}

/**
 * Parses the versions in an If-Match header: `"3"`, the ETag of a product, a list of them, or `*` for any version.
 * @throws Problem IF_MATCH_REQUIRED, or STALE_VERSION if none of them is a version
 */
export function versionsOf(ifMatch: string | undefined): ProductVersions {
  if (!ifMatch)
    throw new Problem(catalogProblems.IF_MATCH_REQUIRED, {
      detail: 'Send If-Match: "<version>" with the version that you read.',
    });
  const tags = parseEntityTags(ifMatch);
  if (tags === '*') return tags;
  const versions = tags.flatMap((tag) => /^(\d{1,9})(?:-[\w-]+)?$/.exec(tag)?.[1] ?? []).map(Number);
  if (versions.length === 0)
    throw new Problem(catalogProblems.STALE_VERSION, { detail: 'If-Match is not a product version.' });
  return versions;
}
