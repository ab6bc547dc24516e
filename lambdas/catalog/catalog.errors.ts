import * as z from 'zod';
import { defineProblems } from '../shared/problem.ts';

export const catalogProblems = defineProblems({
  SKU_TAKEN: { status: 409, title: 'A product with this SKU already exists.' },
  IF_MATCH_REQUIRED: { status: 428, title: 'The If-Match header is required.' },
  STALE_VERSION: {
    status: 412,
    title: 'The product has changed since you read it.',
    members: z.object({ currentVersion: z.int() }),
  },
  STOCK_RESERVED: { status: 409, title: 'Open orders reserve more than the new stock on hand.' },
});
