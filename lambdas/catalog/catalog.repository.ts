import { sql } from 'kysely';
import type { Sql } from '../database/database.client.ts';
import type { Currency } from '../shared/money.ts';
import type { NewProduct, Product, ProductChange } from './product.ts';

interface ProductRow {
  id: string;
  sku: string;
  name: string;
  description: string;
  price_minor: number;
  currency: Currency;
  available: number;
  version: number;
}

const PRODUCT = sql.raw(
  'p.id, p.sku, p.name, p.description, p.price_minor, p.currency, s.on_hand - s.reserved AS available, p.version',
);

const toProduct = (row: ProductRow): Product => ({
  id: row.id,
  sku: row.sku,
  name: row.name,
  description: row.description,
  price: { amountMinor: row.price_minor, currency: row.currency },
  available: row.available,
  version: row.version,
});

/** Newest first. Returns one more than `limit`, so that the caller can tell whether there is a next page. */
export async function listProducts(db: Sql, after: string | undefined, limit: number): Promise<Product[]> {
  const { rows } = await sql<ProductRow>`
    SELECT ${PRODUCT} FROM catalog.products p JOIN catalog.stock s ON s.product_id = p.id
    WHERE (${after ?? null}::uuid IS NULL OR p.id < ${after ?? null}) ORDER BY p.id DESC LIMIT ${limit + 1}`.execute(
    db,
  );
  return rows.map(toProduct);
}

export async function findProduct(db: Sql, id: string): Promise<Product | undefined> {
  const { rows } = await sql<ProductRow>`
    SELECT ${PRODUCT} FROM catalog.products p JOIN catalog.stock s ON s.product_id = p.id WHERE p.id = ${id}`.execute(
    db,
  );
  return rows[0] && toProduct(rows[0]);
}

/** @returns undefined when the SKU is taken */
export async function insertProduct(tx: Sql, product: NewProduct): Promise<Product | undefined> {
  const { rows } = await sql<ProductRow>`
    WITH p AS (
      INSERT INTO catalog.products (sku, name, description, price_minor, currency)
      VALUES (${product.sku}, ${product.name}, ${product.description}, ${product.price.amountMinor}, ${product.price.currency})
      ON CONFLICT (sku) DO NOTHING RETURNING *
    ), s AS (
      INSERT INTO catalog.stock (product_id, on_hand) SELECT id, ${product.onHand} FROM p RETURNING *
    )
    SELECT ${PRODUCT} FROM p JOIN s ON s.product_id = p.id`.execute(tx);
  return rows[0] && toProduct(rows[0]);
}

/** Versions of a product, or `*` for whichever it has. */
export type ProductVersions = '*' | readonly number[];

/** Updates a product that is at one of `versions`. @returns undefined when it has another or does not exist */
export async function updateProduct(
  tx: Sql,
  id: string,
  versions: ProductVersions,
  change: ProductChange,
): Promise<Product | undefined> {
  const { rows } = await sql<{ id: string }>`
    UPDATE catalog.products SET
      name = coalesce(${change.name ?? null}, name),
      description = coalesce(${change.description ?? null}, description),
      price_minor = coalesce(${change.price?.amountMinor ?? null}, price_minor),
      currency = coalesce(${change.price?.currency ?? null}, currency),
      version = version + 1,
      updated_at = now()
    WHERE id = ${id} AND (${versions === '*'} OR version = ANY (${versions === '*' ? [] : versions}::integer[])) RETURNING id`.execute(
    tx,
  );
  if (rows.length === 0) return undefined;
  if (change.onHand !== undefined) {
    await sql`UPDATE catalog.stock SET on_hand = ${change.onHand} WHERE product_id = ${id}`.execute(tx);
  }
  return findProduct(tx, id);
}
