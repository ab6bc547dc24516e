import * as z from 'zod';
import { defineProblems } from '../shared/problem.ts';

export const catalogProblems = defineProblems({
  SKU_TAKEN: { status: 409, title: 'There is a product with this SKU.' },
  IF_MATCH_REQUIRED: { status: 428, title: 'The If-Match header is required.' },
  STALE_VERSION: {
    status: 412,
    title: 'The product was changed since you read it.',
    members: z.object({ currentVersion: z.int() }),
  },
  STOCK_RESERVED: { status: 409, title: 'More is reserved by open orders than would be on hand.' },
});
