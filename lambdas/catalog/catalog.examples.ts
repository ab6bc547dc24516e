import { EXAMPLE } from '../shared/examples.ts';
import type { NewProduct, Product, ProductChange } from './product.ts';

const common = {
  sku: 'TEA-GREEN-100',
  name: 'Green tea, 100 g',
  description: 'Loose leaves from the first harvest.',
  price: { amountMinor: 1_490, currency: 'EUR' },
} as const;

export const productExample: Product = { id: EXAMPLE.productId, ...common, available: 25, version: 3 };
export const newProductExample: NewProduct = { ...common, onHand: 25 };
export const productChangeExample: ProductChange = { price: { amountMinor: 1_590, currency: 'EUR' } };
