import * as z from 'zod';
import { API_ROUTES } from '../../lambdas/registry.ts';
import type { Route } from '../../lambdas/shared/contract.ts';
import { commonProblems, type ProblemKind } from '../../lambdas/shared/problem.ts';

type Json = Record<string, unknown>;

/** The OpenAPI document of the public API, generated from the contracts; `docs/openapi.json` is the committed copy. */
export function openApiDocument(): Json {
  const paths: Record<string, Json> = {};
  for (const route of API_ROUTES) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Throughline',
      version: '1.0.0',
      description: DESCRIPTION,
    },
    servers: [{ url: '/api' }],
    paths,
    components: {
      securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Problem: PROBLEM },
    },
  };
}

const DESCRIPTION =
  'Orders and payments. Money is an integer in the minor unit; times are ISO 8601 in UTC. Every GET operation answers ' +
  'HEAD too. Text has no noncharacters, unpaired surrogates or control characters; descriptions and reasons may have ' +
  'tabs and line breaks.';

/** RFC 9457. Some codes add members (`productId`, `paymentId`, …). */
const PROBLEM: Json = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'requestId'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string' },
    requestId: { type: 'string' },
    fields: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: { field: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

function operation(route: Route): Json {
  const needsToken = route.caller === 'user' || route.caller === 'admin';
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: [route.path.split('/')[1]],
    security: needsToken ? [{ accessToken: [] }] : [],
    parameters: parametersOf(route),
    ...(route.body && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } },
    }),
    responses: { ...responsesOf(route), ...problemsOf(route) },
  };
}

function parametersOf(route: Route): Json[] {
  const list = (schema: z.ZodObject | undefined, where: string) =>
    Object.entries(schema?.shape ?? {}).map(([name, field]) => {
      const { description, ...schema } = schemaOf(field as z.ZodType, 'input');
      const required = where === 'path' || !(field as z.ZodType).safeParse(undefined).success;
      return { name, in: where, required, ...(description ? { description } : {}), schema };
    });
  const key = {
    name: 'Idempotency-Key',
    in: 'header',
    required: true,
    description: 'A new random value for each operation. A retry with the same value returns the first response.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  };
  return [
    ...list(route.params, 'path'),
    ...list(route.query, 'query'),
    ...list(route.headers, 'header'),
    ...(route.idempotent ? [key] : []),
  ];
}

function responsesOf(route: Route): Json {
  const idempotent = route.idempotent && {
    headers: { 'Idempotency-Replayed': { schema: { type: 'string', enum: ['true'] }, required: false } },
  };
  return Object.fromEntries(
    Object.entries(route.responses).map(([status, { description, body }]) => [
      status,
      {
        description,
        ...idempotent,
        ...(body && { content: { 'application/json': { schema: schemaOf(body, 'output') } } }),
      },
    ]),
  );
}

/** Every error that a route can return: its own, and those that its inputs and its caller add. */
export function problemsFor(route: Route): ProblemKind[] {
  const {
    VALIDATION_FAILED,
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
    PAYLOAD_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    TOO_MANY_REQUESTS,
    IDEMPOTENCY_KEY_REQUIRED,
    IDEMPOTENCY_KEY_REUSED,
    REQUEST_IN_PROGRESS,
    INTERNAL,
    DEPENDENCY_UNAVAILABLE,
  } = commonProblems;
  return [
    ...(route.problems ?? []),
    ...(route.body || route.query || route.params || route.headers ? [VALIDATION_FAILED] : []),
    // A path parameter with an escaped slash (%2F) matches no path of this API.
    ...(route.params ? [NOT_FOUND] : []),
    ...(route.body ? [PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE] : []),
    ...(route.caller === 'user' || route.caller === 'admin' ? [UNAUTHENTICATED] : []),
    // The gateway also returns this for a path with control characters, which no authorizer policy matches.
    ...(route.caller === 'admin' || (route.caller === 'user' && route.params) ? [FORBIDDEN] : []),
    ...(route.idempotent ? [IDEMPOTENCY_KEY_REQUIRED, IDEMPOTENCY_KEY_REUSED, REQUEST_IN_PROGRESS] : []),
    TOO_MANY_REQUESTS,
    INTERNAL,
    DEPENDENCY_UNAVAILABLE,
  ];
}

function problemsOf(route: Route): Json {
  const byStatus = Map.groupBy(new Set(problemsFor(route)), (kind) => kind.status);
  return Object.fromEntries(
    [...byStatus].map(([status, kinds]) => {
      const codes = [...new Set(kinds.map((kind) => kind.code))];
      const schema = {
        allOf: [
          { $ref: '#/components/schemas/Problem' },
          { properties: { code: { enum: codes }, ...membersOf(kinds) } },
        ],
      };
      const retry = status === 429 || status === 503;
      return [
        String(status),
        {
          description: codes.join(', '),
          ...(retry && { headers: { 'Retry-After': { schema: { type: 'string' }, required: false } } }),
          content: { 'application/problem+json': { schema } },
        },
      ];
    }),
  );
}

/** The members that these problems have in addition to the common ones. */
function membersOf(kinds: ProblemKind[]): Json {
  return Object.fromEntries(
    kinds.flatMap(({ code, members }) =>
      Object.entries(members?.shape ?? {}).map(([name, member]) => [
        name,
        { ...schemaOf(member as z.ZodType, 'output'), description: `With ${code}.` },
      ]),
    ),
  );
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema, '~standard': standard, ...json } = z.toJSONSchema(schema, { target: 'draft-2020-12', io }) as Json;
  return io === 'output' ? (withUnknownFields(json) as Json) : json;
}

/** A response may gain fields without a new version, so a client must accept fields that it does not know. */
function withUnknownFields(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withUnknownFields);
  if (!schema || typeof schema !== 'object') return schema;
  const kept = Object.entries(schema).filter(([key, value]) => !(key === 'additionalProperties' && value === false));
  return Object.fromEntries(kept.map(([key, value]) => [key, withUnknownFields(value)]));
}
