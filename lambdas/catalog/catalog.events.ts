import * as z from 'zod';
import { defineEvents } from '../shared/event.ts';

export const productEvents = defineEvents({
  'product.changed': z.object({ productIds: z.array(z.uuid()) }),
});
