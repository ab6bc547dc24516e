import * as z from 'zod';
import { defineRoutes, READ_LIMIT, WRITE_LIMIT } from '../shared/contract.ts';
import { pageOf, pageQuerySchema } from '../shared/cursor.ts';
import { pageExample } from '../shared/examples.ts';
import { commonProblems } from '../shared/problem.ts';
import { text, uuidSchema } from '../shared/text.ts';
import { catalogProblems } from './catalog.errors.ts';
import { newProductExample, productChangeExample, productExample } from './catalog.examples.ts';
import { newProductSchema, productChangeSchema, productSchema } from './product.ts';

const params = z.object({ id: uuidSchema });
/** One entity tag, a list of them, or `*`. */
const entityTags = (description: string) => text(0, 1_000).optional().meta({ description });
const productResponse = z.object({ product: productSchema }).meta({ id: 'ProductResponse' });

export const catalogRoutes = defineRoutes({
  listProducts: {
    operationId: 'listProducts',
    summary: 'The products, newest first.',
    method: 'GET',
    path: '/products',
    caller: 'public',
    query: pageQuerySchema,
    responses: {
      200: { description: 'A page of products.', example: pageExample(productExample), body: pageOf(productSchema) },
    },
    limit: READ_LIMIT,
  },
  getProduct: {
    operationId: 'getProduct',
    summary: 'One product.',
    method: 'GET',
    path: '/products/{id}',
    caller: 'public',
    params,
    headers: z.object({
      'if-none-match': entityTags('The ETag of the response that the caller has.'),
    }),
    responses: {
      200: {
        description: 'The product. Its ETag starts with its version.',
        example: { product: productExample },
        body: productResponse,
      },
      304: { description: 'The product has not changed since the response with this ETag.' },
    },
    problems: [commonProblems.NOT_FOUND],
    limit: READ_LIMIT,
  },
  createProduct: {
    operationId: 'createProduct',
    summary: 'Creates a product.',
    method: 'POST',
    path: '/products',
    caller: 'admin',
    body: newProductSchema,
    example: newProductExample,
    responses: {
      201: {
        description: 'The product.',
        example: { product: { ...productExample, version: 1 } },
        body: productResponse,
      },
    },
    problems: [catalogProblems.SKU_TAKEN],
    limit: WRITE_LIMIT,
  },
  changeProduct: {
    operationId: 'changeProduct',
    summary: 'Updates a product if its version matches If-Match.',
    method: 'PATCH',
    path: '/products/{id}',
    caller: 'admin',
    params,
    headers: z.object({
      'if-match': entityTags('The version that the change is based on, e.g. "3", or an ETag. `*` for any version.'),
    }),
    body: productChangeSchema,
    example: productChangeExample,
    responses: {
      200: {
        description: 'The updated product.',
        example: { product: { ...productExample, ...productChangeExample, version: 4 } },
        body: productResponse,
      },
    },
    problems: [
      commonProblems.NOT_FOUND,
      catalogProblems.IF_MATCH_REQUIRED,
      catalogProblems.STALE_VERSION,
      catalogProblems.STOCK_RESERVED,
    ],
    limit: WRITE_LIMIT,
  },
});
