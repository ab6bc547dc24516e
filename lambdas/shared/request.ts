import type { APIGatewayProxyEvent } from 'aws-lambda';
import * as z from 'zod';
import { type Principal, type RequestOf, type Route, VIEWER_ADDRESS_HEADER } from './contract.ts';
import { commonProblems, type FieldError, Problem } from './problem.ts';
import { contentBytes, MAX_BODY_BYTES, MAX_CONTENT_BYTES } from './size-limits.ts';
import { withoutUnstorable } from './text.ts';

const principalSchema = z.object({
  userId: z.uuid(),
  sessionId: z.uuid(),
  role: z.enum(['customer', 'admin']),
});

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Checks a request against its route: the caller first, so that an unauthorized caller sees no validation errors.
 * @throws Problem UNAUTHENTICATED, FORBIDDEN, IDEMPOTENCY_KEY_REQUIRED, PAYLOAD_TOO_LARGE,
 *   UNSUPPORTED_MEDIA_TYPE or VALIDATION_FAILED, which names every invalid field
 */
export function readRequest(route: Route, event: APIGatewayProxyEvent): RequestOf<Route> {
  const headers = lowerCased(event.headers);
  const principal = route.caller === 'user' || route.caller === 'admin' ? readPrincipal(event) : undefined;
  if (route.caller === 'admin' && principal?.role !== 'admin') {
    throw new Problem(commonProblems.FORBIDDEN, { detail: 'Only administrators may call this operation.' });
  }
  const rawBody = readBody(event);
  const errors: FieldError[] = [];
  const request = {
    idempotencyKey: route.idempotent ? readIdempotencyKey(headers['idempotency-key']) : undefined,
    params: parse(route.params, event.pathParameters ?? {}, 'path.', errors),
    query: parse(route.query, readQuery(route.query, event, errors), 'query.', errors),
    headers: parse(route.headers, headers, 'header.', errors),
    body: route.body && parse(route.body, readJson(rawBody, headers), '', errors),
  };
  if (errors.length > 0) throw new Problem(commonProblems.VALIDATION_FAILED, { fields: errors });
  return {
    ...request,
    principal,
    rawBody,
    requestId: event.requestContext.requestId,
    clientAddress: readClientAddress(headers, event),
    userAgent: withoutUnstorable((headers['user-agent'] ?? '').slice(0, 200)),
  } as unknown as RequestOf<Route>;
}

const lowerCased = (headers: Record<string, string | undefined> | null) =>
  Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value ?? '']));

/** A function does not rely on the authorizer: a call without its context is rejected here. */
function readPrincipal(event: APIGatewayProxyEvent): Principal {
  const parsed = principalSchema.safeParse(event.requestContext.authorizer ?? {});
  if (!parsed.success) throw new Problem(commonProblems.UNAUTHENTICATED);
  return parsed.data;
}

function readIdempotencyKey(key: string | undefined): string {
  if (key && IDEMPOTENCY_KEY.test(key)) return key;
  const detail = key ? 'Use 1 to 255 visible ASCII characters.' : 'Send a new random value, e.g. a UUID.';
  throw new Problem(commonProblems.IDEMPOTENCY_KEY_REQUIRED, { detail });
}

function readBody(event: APIGatewayProxyEvent): string {
  if (!event.body) return '';
  return event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString('utf8') : event.body;
}

/** Sizes are checked before JSON is parsed. The edge has the same limits. A caller inside the network passes no edge. */
function readJson(rawBody: string, headers: Record<string, string>): unknown {
  const { 'content-type': contentType, 'content-encoding': encoding } = headers;
  if (contentType && !/^application\/json\s*(;|$)/i.test(contentType)) {
    throw new Problem(commonProblems.UNSUPPORTED_MEDIA_TYPE);
  }
  if (encoding) {
    throw new Problem(commonProblems.UNSUPPORTED_MEDIA_TYPE, { detail: 'Send the body without Content-Encoding.' });
  }
  if (Buffer.byteLength(rawBody) >= MAX_BODY_BYTES || contentBytes(rawBody) > MAX_CONTENT_BYTES) {
    throw new Problem(commonProblems.PAYLOAD_TOO_LARGE);
  }
  try {
    return JSON.parse(rawBody);
  } catch (cause) {
    const fields = [{ field: 'body', message: 'is not valid JSON' }];
    throw new Problem(commonProblems.VALIDATION_FAILED, { fields, cause });
  }
}

/** Query values are strings. Those of number parameters are parsed strictly (no `0x10`, `1e3`, blanks). */
function readQuery(schema: z.ZodObject | undefined, event: APIGatewayProxyEvent, errors: FieldError[]) {
  if (!schema) return {};
  const query: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(event.queryStringParameters ?? {})) {
    if ((event.multiValueQueryStringParameters?.[name]?.length ?? 1) > 1) {
      errors.push({ field: `query.${name}`, message: 'may be given only once' });
    }
    const isNumber = unwrap(schema.shape[name]) instanceof z.ZodNumber;
    query[name] = isNumber && /^-?(0|[1-9]\d{0,14})$/.test(value ?? '') ? Number(value) : value;
  }
  return query;
}

function unwrap(schema: unknown): unknown {
  const wrapped = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional;
  return wrapped ? unwrap(schema.unwrap()) : schema;
}

function parse(schema: z.ZodObject | undefined, value: unknown, prefix: string, errors: FieldError[]) {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  errors.push(
    ...parsed.error.issues.flatMap((issue) =>
      pathsOf(issue).map(({ path, message }) => ({ field: prefix + fieldPath(path), message })),
    ),
  );
  return undefined;
}

/** One issue names all unknown members of an object. The caller gets an error for each. */
function pathsOf(issue: z.core.$ZodIssue): { path: PropertyKey[]; message: string }[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }];
  return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'is not a known field' }));
}

/** `['items', 0, 'quantity']` becomes `items[0].quantity`; the whole body is `body`. */
function fieldPath(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'body';
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

/** The edge sets the header and ignores the caller's. The gateway's own source IP is that of the edge. */
function readClientAddress(headers: Record<string, string>, event: APIGatewayProxyEvent): string {
  return headers[VIEWER_ADDRESS_HEADER] || event.requestContext.identity.sourceIp;
}
