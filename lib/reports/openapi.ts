import * as z from 'zod';
import { API_ROUTES } from '../../lambdas/registry.ts';
import type { Route, RouteResponse } from '../../lambdas/shared/contract.ts';
import { commonProblems, mayRetry, type ProblemKind } from '../../lambdas/shared/problem.ts';
import { type Json, OpenApiComponents } from './openapi-components.ts';

/** The OpenAPI document of the public API, generated from the contracts; `docs/openapi.json` is the committed copy. */
export function openApiDocument(): Json {
  const components = new OpenApiComponents();
  const paths: Record<string, Json> = {};
  for (const route of API_ROUTES) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route, components) };
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
      parameters: { [IDEMPOTENCY_KEY.name]: IDEMPOTENCY_KEY },
      ...components.sections,
    },
  };
}

const DESCRIPTION =
  'Orders and payments. Money is an integer in the minor unit; times are ISO 8601 in UTC. Every GET operation answers ' +
  'HEAD too. Text has no noncharacters, unpaired surrogates or control characters; descriptions and reasons may have ' +
  'tabs and line breaks.';

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description: 'A new random value for each operation. A retry with the same value returns the first response.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
};

function operation(route: Route, components: OpenApiComponents): Json {
  const needsToken = route.caller === 'user' || route.caller === 'admin';
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: [route.path.split('/')[1]],
    security: needsToken ? [{ accessToken: [] }] : [],
    parameters: parametersOf(route, components),
    ...(route.body && { requestBody: bodyOf(route, route.body, components) }),
    responses: allResponsesOf(route, components),
  };
}

/** A status can have a document of its own and a problem, as 503 of the health check. */
function allResponsesOf(route: Route, components: OpenApiComponents): Json {
  const responses = responsesOf(route, components);
  for (const [status, kinds] of Map.groupBy(new Set(problemsFor(route)), (kind) => kind.status)) {
    const problem = problemResponseOf(status, kinds, components);
    const own = responses[status] as Json | undefined;
    const content = { ...(own?.content as Json), ...(problem.content as Json) };
    responses[status] = own ? { ...problem, ...own, content } : components.problemResponse(kinds, problem);
  }
  return responses;
}

/** A body without a name of its own is named after its operation. */
function bodyOf({ operationId, example }: Route, body: z.ZodObject, components: OpenApiComponents): Json {
  const name = `${operationId[0]?.toUpperCase()}${operationId.slice(1)}Body`;
  const schema = components.schemaOf(body, 'input', name);
  return { required: true, content: { 'application/json': { schema, ...withExample(example) } } };
}

const withExample = (example: unknown) => (example === undefined ? {} : { example });

function parametersOf(route: Route, components: OpenApiComponents): Json[] {
  const list = (schema: z.ZodObject | undefined, where: string) =>
    Object.entries(schema?.shape ?? {}).map(([name, field]) => {
      const { description, ...schema } = components.schemaOf(field as z.ZodType, 'input');
      const required = where === 'path' || !(field as z.ZodType).safeParse(undefined).success;
      return { name, in: where, required, ...(description ? { description } : {}), schema };
    });
  return [
    ...list(route.params, 'path'),
    ...list(route.query, 'query'),
    ...list(route.headers, 'header'),
    ...(route.idempotent ? [{ $ref: `#/components/parameters/${IDEMPOTENCY_KEY.name}` }] : []),
  ];
}

function responsesOf(route: Route, components: OpenApiComponents): Json {
  const idempotent = route.idempotent && {
    headers: { 'Idempotency-Replayed': { schema: { type: 'string', enum: ['true'] }, required: false } },
  };
  const contentOf = ({ body, example }: RouteResponse): Json | undefined => {
    if (!body) return undefined;
    // The handler sends a string as a page (lambdas/shared/http.ts).
    const type = body instanceof z.ZodString ? 'text/html' : 'application/json';
    return { content: { [type]: { schema: components.schemaOf(body, 'output'), ...withExample(example) } } };
  };
  return Object.fromEntries(
    Object.entries(route.responses).map(([status, response]) => [
      status,
      { description: response.description, ...idempotent, ...contentOf(response) },
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

function problemResponseOf(status: number, kinds: ProblemKind[], components: OpenApiComponents): Json {
  const codes = [...new Set(kinds.map((kind) => kind.code))];
  const schema = {
    allOf: [
      { $ref: '#/components/schemas/Problem' },
      { properties: { code: { enum: codes }, ...membersOf(kinds, components) } },
    ],
  };
  return {
    description: codes.join(', '),
    ...(mayRetry(status) && { headers: { 'Retry-After': { schema: { type: 'string' }, required: false } } }),
    content: { 'application/problem+json': { schema } },
  };
}

/** The members that these problems have in addition to the common ones. */
function membersOf(kinds: ProblemKind[], components: OpenApiComponents): Json {
  return Object.fromEntries(
    kinds.flatMap(({ code, members }) =>
      Object.entries(members?.shape ?? {}).map(([name, member]) => [
        name,
        { ...components.schemaOf(member as z.ZodType, 'output'), description: `With ${code}.` },
      ]),
    ),
  );
}
