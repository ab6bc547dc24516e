import type * as z from 'zod';

/** One kind of error: a literal code, its HTTP status, and a title for people. */
export interface ProblemKind {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  /** Extension members of its document, listed in OpenAPI. Their names must differ from those of RFC 9457. */
  readonly members?: z.ZodObject;
}

/** Declares a service's errors. Each key is the literal `code` that clients switch on. */
export function defineProblems<const T extends Record<string, Omit<ProblemKind, 'code'>>>(
  kinds: T,
): { readonly [K in keyof T & string]: { code: K } & T[K] } {
  return Object.fromEntries(Object.entries(kinds).map(([code, kind]) => [code, { code, ...kind }])) as never;
}

/** Errors that any route may return. */
export const commonProblems = defineProblems({
  VALIDATION_FAILED: { status: 422, title: 'The request is invalid.' },
  UNAUTHENTICATED: { status: 401, title: 'A valid access token is required.' },
  FORBIDDEN: { status: 403, title: 'The caller is not allowed to do this.' },
  NOT_FOUND: { status: 404, title: 'The resource does not exist.' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The request is too large.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body must be application/json.' },
  IDEMPOTENCY_KEY_REQUIRED: { status: 400, title: 'The Idempotency-Key header is required.' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'This Idempotency-Key was already used with another body.' },
  REQUEST_IN_PROGRESS: { status: 409, title: 'The first request with this Idempotency-Key is still in progress.' },
  TOO_MANY_REQUESTS: { status: 429, title: 'Too many requests.' },
  INTERNAL: { status: 500, title: 'An internal error occurred.' },
  DEPENDENCY_UNAVAILABLE: { status: 503, title: 'A dependency is unavailable. Try again shortly.' },
});

/** What is wrong with a field. `field` is a path such as `items[0].quantity`. */
export interface FieldError {
  field: string;
  message: string;
}

export interface ProblemDetails {
  /** Shown to the caller: never SQL, a stack trace, a secret or a value that the caller did not send. */
  detail?: string;
  fields?: FieldError[];
  retryAfterSeconds?: number;
  /** Values of the kind's `members`, e.g. the product that is out of stock. */
  extra?: Record<string, unknown>;
  /** In a replay, the id of the original request. */
  requestId?: string;
  /** Additional response headers. */
  headers?: Record<string, string>;
  cause?: unknown;
}

/** An error for the caller. Use cases throw it. Only `http.ts` turns it into a response. */
export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly details: ProblemDetails;

  constructor(kind: ProblemKind, details: ProblemDetails = {}) {
    super(`${kind.code}: ${details.detail ?? kind.title}`, { cause: details.cause });
    this.name = 'Problem';
    this.kind = kind;
    this.details = details;
  }
}

/** Whether the same request can succeed later. Its response has `Retry-After`. */
export const mayRetry = (status: number): boolean => status === 429 || status === 503;

/** The RFC 9457 document of a problem. */
export function problemDocument(kind: ProblemKind, details: ProblemDetails, requestId: string) {
  return {
    ...details.extra,
    type: `urn:throughline:problem:${kind.code.toLowerCase().replaceAll('_', '-')}`,
    title: kind.title,
    status: kind.status,
    code: kind.code,
    ...(details.detail && { detail: details.detail }),
    ...(details.fields && { fields: details.fields }),
    requestId: details.requestId ?? requestId,
  };
}
