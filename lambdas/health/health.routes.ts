import * as z from 'zod';
import { defineRoutes, READ_LIMIT } from '../shared/contract.ts';

export const DEPENDENCIES = ['writer', 'reader', 'cache', 'queue'] as const;

const stateSchema = z.object({ status: z.enum(['up', 'down']), latencyMs: z.number() }).meta({ id: 'DependencyState' });

const statusSchema = z.enum(['ok', 'degraded', 'down']);
const healthSchema = z.object({ status: statusSchema }).meta({ id: 'Health' });

const dependenciesSchema = z
  .object({ writer: stateSchema, reader: stateSchema, cache: stateSchema, queue: stateSchema })
  .meta({ id: 'Dependencies' });
const healthDetailsSchema = z
  .object({ status: statusSchema, dependencies: dependenciesSchema })
  .meta({ id: 'HealthDetails' });

const up = { status: 'up', latencyMs: 1.4 } as const;
const HEALTHY = { status: 'ok', dependencies: { writer: up, reader: up, cache: up, queue: up } } as const;

export const healthRoutes = defineRoutes({
  health: {
    operationId: 'health',
    summary: 'Whether the API can do its work. `degraded`: calls work but are slower. `down`: writes fail.',
    method: 'GET',
    path: '/health',
    caller: 'public',
    responses: {
      200: { description: '`ok` or `degraded`.', body: healthSchema, example: { status: 'ok' } },
      503: { description: '`down`.', body: healthSchema, example: { status: 'down' } },
    },
    limit: READ_LIMIT,
  },
  dependencies: {
    operationId: 'healthOfDependencies',
    summary: 'The state of each dependency. A replica that lags is down: reads go to the writer. For administrators.',
    method: 'GET',
    path: '/admin/health',
    caller: 'admin',
    responses: {
      200: {
        description: 'The state.',
        body: healthDetailsSchema,
        example: HEALTHY,
      },
    },
    limit: READ_LIMIT,
  },
});
