import type { CacheClient } from '../cache/cache.client.ts';
import { CacheAside, type RefillFrom } from '../cache/cache-aside.ts';
import type { Database, Sql } from '../database/database.client.ts';
import { decodeCursor, type Page, type PageQuery, toPage } from '../shared/cursor.ts';
import { commonProblems, Problem } from '../shared/problem.ts';
import { findProduct, listProducts } from './catalog.repository.ts';
import type { Product } from './product.ts';

/** An item is dropped from the cache by event; the bound is for an invalidation that got lost. */
const ITEM_TTL_MS = 5 * 60_000;
/** Pages cannot be dropped one by one, so they live short: a sold-out product shows for this long at most. */
const PAGE_TTL_MS = 2_000;

const itemKey = (id: string) => `product:${id}`;

/** The catalogue's reads: cache first, then a replica. */
export class ProductReads {
  readonly #database: Database;
  readonly #items: CacheAside<Product | null>;
  readonly #pages: CacheAside<Page<Product>>;

  constructor(database: Database, cache: CacheClient) {
    this.#database = database;
    this.#items = new CacheAside(cache, { ttlMs: ITEM_TTL_MS });
    this.#pages = new CacheAside(cache, { ttlMs: PAGE_TTL_MS });
  }

  /** One round trip to the cache and none to the database when cached. @throws Problem NOT_FOUND */
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

  /** A replica that lags may not have a new product yet: only the writer may say that there is none. */
  async #load(id: string, from: RefillFrom): Promise<Product | null> {
    const find = (db: Sql) => findProduct(db, id);
    const product = from === 'replica' && (await this.#database.read(find));
    return product || ((await this.#database.write(find)) ?? null);
  }

  /** Drops products from the cache. @returns false when the cache is unavailable, so that some may still be there */
  async invalidate(ids: readonly string[]): Promise<boolean> {
    const done = await Promise.all(ids.map((id) => this.#items.invalidate(itemKey(id))));
    return !done.includes(false);
  }
}
