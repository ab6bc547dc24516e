import * as z from 'zod';
import { defineRoutes, READ_LIMIT } from '../shared/contract.ts';

/** Loose, because the OpenAPI specification defines the rest. */
const openApiSchema = z.looseObject({ openapi: z.string() }).meta({ id: 'OpenApiDocument' });

export const referenceRoutes = defineRoutes({
  getOpenApi: {
    operationId: 'getOpenApi',
    summary: 'This API as an OpenAPI 3.1 document.',
    method: 'GET',
    path: '/openapi.json',
    caller: 'public',
    responses: {
      200: {
        description: 'The document.',
        body: openApiSchema,
        example: { openapi: '3.1.0', info: { title: 'Throughline', version: '1.0.0' }, paths: {} },
      },
    },
    limit: READ_LIMIT,
  },
  showReference: {
    operationId: 'showReference',
    summary: 'This API as a page for people.',
    method: 'GET',
    path: '/docs',
    caller: 'public',
    responses: { 200: { description: 'The page.', body: z.string(), example: '<!doctype html>…' } },
    limit: READ_LIMIT,
  },
});
