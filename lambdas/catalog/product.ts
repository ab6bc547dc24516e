import * as z from 'zod';
import { moneySchema, priceSchema } from '../shared/money.ts';
import { multilineText, nameText, text, uuidSchema } from '../shared/text.ts';

/** `available` is on hand minus reserved and may be slightly stale. `version` is the value for `If-Match`. */
export const productSchema = z
  .object({
    id: uuidSchema,
    sku: z.string(),
    name: z.string(),
    description: z.string(),
    price: moneySchema,
    available: z.int().min(0),
    version: z.int().min(1),
  })
  .meta({ id: 'Product' });
export type Product = z.output<typeof productSchema>;

const MAX_ON_HAND = 10_000_000;
const fields = {
  name: nameText(1, 200),
  description: multilineText(0, 5_000),
  price: priceSchema,
  onHand: z.int().min(0).max(MAX_ON_HAND),
};

export const newProductSchema = z
  .strictObject({
    sku: text(1, 64).regex(/^[A-Za-z0-9._-]+$/, 'may only contain letters, digits, dots, dashes and underscores'),
    ...fields,
  })
  .meta({ id: 'NewProduct' });
export type NewProduct = z.output<typeof newProductSchema>;

export const productChangeSchema = z.strictObject(fields).partial().meta({ id: 'ProductChange' });
export type ProductChange = z.output<typeof productChangeSchema>;
