import * as z from 'zod';
import { defineRoutes, READ_LIMIT } from '../shared/contract.ts';

export const DEPENDENCIES = ['writer', 'reader', 'cache', 'queue'] as const;

const stateSchema = z.object({ status: z.enum(['up', 'down']), latencyMs: z.number() });

export const healthRoutes = defineRoutes({
  health: {
    operationId: 'health',
    summary: 'The state of each dependency. `degraded`: calls work but are slower. `down`: writes fail.',
    method: 'GET',
    path: '/health',
    caller: 'public',
    responses: {
      200: {
        description: 'The state.',
        body: z.object({
          status: z.enum(['ok', 'degraded', 'down']),
          dependencies: z.object({ writer: stateSchema, reader: stateSchema, cache: stateSchema, queue: stateSchema }),
        }),
      },
    },
    limit: READ_LIMIT,
  },
});
