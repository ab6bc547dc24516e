import type { APIGatewayProxyEvent } from 'aws-lambda';
import * as z from 'zod';
import { type Principal, type RequestOf, type Route, VIEWER_ADDRESS_HEADER } from './contract.ts';
import { commonProblems, type FieldError, Problem } from './problem.ts';

const principalSchema = z.object({
  userId: z.uuid(),
  sessionId: z.uuid(),
  role: z.enum(['customer', 'admin']),
});

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Checks one request against its route, caller first, so that a stranger learns nothing from a validation error.
 * @throws Problem UNAUTHENTICATED, FORBIDDEN, IDEMPOTENCY_KEY_REQUIRED, UNSUPPORTED_MEDIA_TYPE or VALIDATION_FAILED
 */
export function readRequest(route: Route, event: APIGatewayProxyEvent): RequestOf<Route> {
  const headers = lowerCased(event.headers);
  const principal = route.caller === 'user' || route.caller === 'admin' ? readPrincipal(event) : undefined;
  if (route.caller === 'admin' && principal?.role !== 'admin') {
    throw new Problem(commonProblems.FORBIDDEN, { detail: 'This call is for administrators.' });
  }
  const rawBody = readBody(event);
  const faults: FieldError[] = [];
  const request = {
    idempotencyKey: route.idempotent ? readIdempotencyKey(headers['idempotency-key']) : undefined,
    params: parse(route.params, event.pathParameters ?? {}, 'path.', faults),
    query: parse(route.query, readQuery(route.query, event, faults), 'query.', faults),
    headers: parse(route.headers, headers, 'header.', faults),
    body: route.body && parse(route.body, readJson(rawBody, headers['content-type']), '', faults),
  };
  if (faults.length > 0) throw new Problem(commonProblems.VALIDATION_FAILED, { fields: faults });
  return {
    ...request,
    principal,
    rawBody,
    requestId: event.requestContext.requestId,
    clientAddress: readClientAddress(headers, event),
    userAgent: (headers['user-agent'] ?? '').slice(0, 200),
  } as unknown as RequestOf<Route>;
}

const lowerCased = (headers: Record<string, string | undefined> | null) =>
  Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value ?? '']));

/** A function never trusts that an authorizer ran: without its context the call is refused here. */
function readPrincipal(event: APIGatewayProxyEvent): Principal {
  const parsed = principalSchema.safeParse(event.requestContext.authorizer ?? {});
  if (!parsed.success) throw new Problem(commonProblems.UNAUTHENTICATED);
  return parsed.data;
}

function readIdempotencyKey(key: string | undefined): string {
  if (key && IDEMPOTENCY_KEY.test(key)) return key;
  const detail = key ? 'Use 1 to 255 visible ASCII characters.' : 'Send a fresh random value, e.g. a UUID.';
  throw new Problem(commonProblems.IDEMPOTENCY_KEY_REQUIRED, { detail });
}

function readBody(event: APIGatewayProxyEvent): string {
  if (!event.body) return '';
  return event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString('utf8') : event.body;
}

function readJson(rawBody: string, contentType: string | undefined): unknown {
  if (contentType && !/^application\/json\s*(;|$)/i.test(contentType)) {
    throw new Problem(commonProblems.UNSUPPORTED_MEDIA_TYPE);
  }
  try {
    return JSON.parse(rawBody);
  } catch (cause) {
    const fields = [{ field: 'body', message: 'is not JSON' }];
    throw new Problem(commonProblems.VALIDATION_FAILED, { fields, cause });
  }
}

/** Query values are strings; those that the contract calls numbers are read strictly (no `0x10`, `1e3`, blanks). */
function readQuery(schema: z.ZodObject | undefined, event: APIGatewayProxyEvent, faults: FieldError[]) {
  if (!schema) return {};
  const query: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(event.queryStringParameters ?? {})) {
    if ((event.multiValueQueryStringParameters?.[name]?.length ?? 1) > 1) {
      faults.push({ field: `query.${name}`, message: 'may be given once' });
    }
    const wantsNumber = unwrap(schema.shape[name]) instanceof z.ZodNumber;
    query[name] = wantsNumber && /^-?(0|[1-9]\d{0,14})$/.test(value ?? '') ? Number(value) : value;
  }
  return query;
}

function unwrap(schema: unknown): unknown {
  const wrapped = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional;
  return wrapped ? unwrap(schema.unwrap()) : schema;
}

function parse(schema: z.ZodObject | undefined, value: unknown, prefix: string, faults: FieldError[]) {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  faults.push(
    ...parsed.error.issues.map((issue) => ({ field: prefix + fieldPath(issue.path), message: issue.message })),
  );
  return undefined;
}

/** `['items', 0, 'quantity']` becomes `items[0].quantity`; the whole body is `body`. */
function fieldPath(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'body';
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

/** Set by the edge and never passed on from a caller; the gateway itself only ever sees the edge. */
function readClientAddress(headers: Record<string, string>, event: APIGatewayProxyEvent): string {
  return headers[VIEWER_ADDRESS_HEADER] || event.requestContext.identity.sourceIp;
}
