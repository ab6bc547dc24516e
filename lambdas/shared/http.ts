import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { Implementations, RequestOf, Route } from './contract.ts';
import { errorFields, logger } from './logger.ts';
import { count } from './metrics.ts';
import { commonProblems, Problem, problemDocument } from './problem.ts';
import { readRequest } from './request.ts';

interface ApiOptions<T extends Record<string, Route>> {
  routes: T;
  /** Called once, on the first request, so that importing a handler opens no connection. */
  implement: () => Implementations<T> | Promise<Implementations<T>>;
  /** The edge's origin, the only one that CORS allows. */
  allowedOrigin: () => string;
}

type AnyImplementation = (
  request: RequestOf<Route>,
) => Promise<{ status: number; headers?: Record<string, string>; body?: unknown }>;

const BASE_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // The gateway compresses a response for callers that accept it.
  vary: 'origin, accept-encoding',
};

/**
 * The Lambda handler of a service. It finds the route, checks the caller, validates the request, makes one call and
 * maps the response. Every error passes through `problemResponse`, so that no internal error reaches a caller.
 */
export function createApiHandler<T extends Record<string, Route>>(options: ApiOptions<T>) {
  const operations = new Map(Object.entries(options.routes).map(([name, route]) => [keyOf(route), { name, route }]));
  let implementations: Promise<Record<string, AnyImplementation>> | undefined;

  const handle = async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
    const method = event.httpMethod === 'HEAD' ? 'GET' : event.httpMethod;
    const operation = operations.get(`${method} ${event.resource}`);
    if (!operation) throw new Problem(commonProblems.NOT_FOUND);
    const request = readRequest(operation.route, event);
    implementations ??= Promise.resolve(options.implement()) as Promise<Record<string, AnyImplementation>>;
    const implementation = (await implementations)[operation.name] as AnyImplementation;
    const { status, headers, body } = await implementation(request);
    return { statusCode: status, ...contentOf(body, headers) };
  };

  return middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
    .use(accessLog())
    .use(edgeHeaders(options.allowedOrigin))
    .use(problemResponses())
    .handler(handle);
}

function contentOf(body: unknown, headers: Record<string, string> | undefined) {
  if (body === undefined) return { headers: { ...headers }, body: '' };
  if (typeof body === 'string') return { headers: { 'content-type': 'text/html; charset=utf-8', ...headers }, body };
  return { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

const keyOf = (route: Route) => `${route.method} ${route.path}`;

type ApiRequest = middy.Request<APIGatewayProxyEvent, APIGatewayProxyResult>;

function problemResponses() {
  return {
    onError: (request: ApiRequest) => {
      request.response = problemResponse(request.error, request.event.requestContext.requestId);
    },
  };
}

/** Below 500 the response says what is wrong. From 500 on it only says that something is, and the log has the rest. */
export function problemResponse(error: unknown, requestId: string): APIGatewayProxyResult {
  const problem = error instanceof Problem ? error : new Problem(commonProblems.INTERNAL, { cause: error });
  if (problem.kind.status >= 500) {
    logger.error('request failed', { requestId, code: problem.kind.code, ...errorFields(problem.cause ?? problem) });
    if (problem.kind.status === 500) count('UnhandledError');
  }
  const { retryAfterSeconds } = problem.details;
  return {
    statusCode: problem.kind.status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfterSeconds && { 'retry-after': String(retryAfterSeconds) }),
      ...problem.details.headers,
    },
    body: JSON.stringify(problemDocument(problem.kind, problem.details, requestId)),
  };
}

function edgeHeaders(allowedOrigin: () => string) {
  const add = (request: ApiRequest) => {
    if (!request.response) return;
    // A response to HEAD has the headers of one to GET, and no body.
    if (request.event.httpMethod === 'HEAD') request.response.body = '';
    request.response.headers = {
      ...BASE_HEADERS,
      'access-control-allow-origin': allowedOrigin(),
      'access-control-expose-headers': 'etag, retry-after, idempotency-replayed, x-request-id',
      'x-request-id': request.event.requestContext.requestId,
      ...request.response.headers,
    };
  };
  return { after: add, onError: add };
}

function accessLog() {
  let startedMs = 0;
  const write = (request: ApiRequest) => {
    const { requestContext, httpMethod, resource } = request.event;
    logger.info('request', {
      requestId: requestContext.requestId,
      route: `${httpMethod} ${resource}`,
      status: request.response?.statusCode,
      durationMs: Math.round((performance.now() - startedMs) * 10) / 10,
      userId: requestContext.authorizer?.userId,
    });
  };
  return {
    before: () => {
      startedMs = performance.now();
    },
    after: write,
    onError: write,
  };
}
