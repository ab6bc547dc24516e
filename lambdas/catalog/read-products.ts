import type { CacheClient } from '../cache/cache.client.ts';
import { CacheAside, type RefillFrom } from '../cache/cache-aside.ts';
import type { Database, Sql } from '../database/database.client.ts';
import { decodeCursor, type Page, type PageQuery, pageOf, toPage } from '../shared/cursor.ts';
import { commonProblems, Problem } from '../shared/problem.ts';
import { findProduct, listProducts } from './catalog.repository.ts';
import { type Product, productSchema } from './product.ts';

/** Events invalidate an item. The TTL limits staleness when an invalidation is lost. */
const ITEM_TTL_MS = 5 * 60_000;
/** Pages are not invalidated, so their TTL is short: a sold-out product shows for at most this long. */
const PAGE_TTL_MS = 2_000;

const itemKey = (id: string) => `product:${id}`;

/** Reads products from the cache first, then from a read replica. */
export class ProductReads {
  readonly #database: Database;
  readonly #items: CacheAside<Product | null>;
  readonly #pages: CacheAside<Page<Product>>;

  constructor(database: Database, cache: CacheClient) {
    this.#database = database;
    this.#items = new CacheAside(cache, { ttlMs: ITEM_TTL_MS, schema: productSchema.nullable() });
    this.#pages = new CacheAside(cache, { ttlMs: PAGE_TTL_MS, schema: pageOf(productSchema) });
  }

  /** A cache hit takes one round trip and does not reach the database. @throws Problem NOT_FOUND */
  async one(id: string): Promise<Product> {
    const product = await this.#items.get(itemKey(id), (from) => this.#load(id, from));
    if (!product) throw new Problem(commonProblems.NOT_FOUND);
    return product;
  }

  async page({ limit, cursor }: PageQuery): Promise<Page<Product>> {
    const after = decodeCursor(cursor);
    return this.#pages.get(`products:${limit}:${after ?? 'first'}`, async () => {
      const products = await this.#database.read((db) => listProducts(db, after, limit));
      return toPage(products, limit, (product) => product);
    });
  }

  /** A new product may be missing on a read replica that lags, so only the writer decides that it does not exist. */
  async #load(id: string, from: RefillFrom): Promise<Product | null> {
    const find = (db: Sql) => findProduct(db, id);
    const product = from === 'replica' && (await this.#database.read(find));
    return product || ((await this.#database.write(find)) ?? null);
  }

  /** Invalidates cached products. @returns false when the cache is unavailable: some may still be cached */
  async invalidate(ids: readonly string[]): Promise<boolean> {
    const done = await Promise.all(ids.map((id) => this.#items.invalidate(itemKey(id))));
    return !done.includes(false);
  }
}
