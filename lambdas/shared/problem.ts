import type * as z from 'zod';

/** One kind of refusal: a literal code, the HTTP status it answers with, and a title for people. */
export interface ProblemKind {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  /** Further members that its document may have, none named like one of RFC 9457's; the OpenAPI document shows them. */
  readonly members?: z.ZodObject;
}

/** Declares a service's refusals; each key is the literal `code` that callers switch on. */
export function defineProblems<const T extends Record<string, Omit<ProblemKind, 'code'>>>(
  kinds: T,
): { readonly [K in keyof T & string]: { code: K } & T[K] } {
  return Object.fromEntries(Object.entries(kinds).map(([code, kind]) => [code, { code, ...kind }])) as never;
}

/** Refusals that any route may answer with. */
export const commonProblems = defineProblems({
  VALIDATION_FAILED: { status: 422, title: 'The request does not fit the contract.' },
  UNAUTHENTICATED: { status: 401, title: 'A valid access token is required.' },
  FORBIDDEN: { status: 403, title: 'The caller may not do this.' },
  NOT_FOUND: { status: 404, title: 'There is nothing here.' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The request is too large.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body must be application/json.' },
  IDEMPOTENCY_KEY_REQUIRED: { status: 400, title: 'The Idempotency-Key header is required.' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'This Idempotency-Key was used with another body.' },
  REQUEST_IN_PROGRESS: { status: 409, title: 'The first request with this Idempotency-Key is still running.' },
  TOO_MANY_REQUESTS: { status: 429, title: 'Too many requests.' },
  INTERNAL: { status: 500, title: 'Something went wrong on our side.' },
  DEPENDENCY_UNAVAILABLE: { status: 503, title: 'A part of the system is not answering; try again shortly.' },
});

/** What a field got wrong; `field` is a path such as `items[0].quantity`. */
export interface FieldError {
  field: string;
  message: string;
}

export interface ProblemDetails {
  /** Safe to show: never SQL, a stack, a secret or a value that the caller did not send. */
  detail?: string;
  fields?: FieldError[];
  retryAfterSeconds?: number;
  /** Values of the kind's `members`, e.g. the product that is out of stock. */
  extra?: Record<string, unknown>;
  /** Of the request that the answer was first given to, when it is a replay. */
  requestId?: string;
  /** Further headers of the answer. */
  headers?: Record<string, string>;
  cause?: unknown;
}

/** A refusal on its way to the caller. Thrown by use cases; turned into an answer in one place, `http.ts`. */
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

/** The RFC 9457 document of a refusal. */
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
