import type * as z from 'zod';
import type { ProblemKind } from './problem.ts';

/** Who may call. `provider` is a payment provider, which signs the body instead of sending a token. */
export type Caller = 'public' | 'user' | 'admin' | 'provider';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface RouteResponse {
  readonly description: string;
  /** Absent for an empty body. */
  readonly body?: z.ZodType;
  /** For the OpenAPI document. A test checks it against the schema. */
  readonly example?: unknown;
}

/**
 * One operation of the API, defined once. The gateway's method, the handler's router and validation, the
 * OpenAPI document and the typed client all derive from it. A GET route answers HEAD too.
 */
export interface Route {
  readonly operationId: string;
  readonly summary: string;
  readonly method: Method;
  /** As in API Gateway: `/orders/{id}`. */
  readonly path: string;
  readonly caller: Caller;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** An example of the body, for the OpenAPI document. */
  readonly example?: unknown;
  readonly responses: { readonly [status: number]: RouteResponse };
  readonly problems?: readonly ProblemKind[];
  /** Requires an `Idempotency-Key` header, because the operation moves money or stock. */
  readonly idempotent?: true;
  /** Rate and burst over all callers, in requests per second. Above them the gateway returns 429. */
  readonly limit: { readonly ratePerSecond: number; readonly burst: number };
  /** Left out of the public OpenAPI document: part of the sandbox provider, or an HTML page. */
  readonly internal?: true;
}

/** The header with the caller's IP address. The edge sets it on every request and overwrites what a caller sends. */
export const VIEWER_ADDRESS_HEADER = 'x-viewer-address';

/** Keeps the literal types of a service's routes. */
export const defineRoutes = <const T extends Record<string, Route>>(routes: T): T => routes;

/** Limits for most routes. Reads are cheap. Each write takes a database connection. */
export const READ_LIMIT = { ratePerSecond: 500, burst: 1000 } as const;
export const WRITE_LIMIT = { ratePerSecond: 200, burst: 400 } as const;

export interface Principal {
  userId: string;
  sessionId: string;
  role: 'customer' | 'admin';
}

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

/** The validated request that a handler passes to a use case. */
export interface RequestOf<R extends Route> {
  params: Parsed<R['params']>;
  query: Parsed<R['query']>;
  headers: Parsed<R['headers']>;
  body: Parsed<R['body']>;
  principal: R['caller'] extends 'user' | 'admin' ? Principal : undefined;
  idempotencyKey: R['idempotent'] extends true ? string : undefined;
  /** The unparsed body, for checking signatures. */
  rawBody: string;
  requestId: string;
  /** The caller's IP address as the edge sees it. */
  clientAddress: string;
  userAgent: string;
}

type BodyOf<A> = A extends { body: infer S extends z.ZodType } ? z.input<S> : undefined;

/** One of the responses in the contract, with its headers. */
export type ResultOf<R extends Route> = {
  [S in keyof R['responses'] & number]: {
    status: S;
    headers?: Record<string, string>;
  } & (BodyOf<R['responses'][S]> extends undefined ? { body?: undefined } : { body: BodyOf<R['responses'][S]> });
}[keyof R['responses'] & number];

export type Implementation<R extends Route> = (request: RequestOf<R>) => Promise<ResultOf<R>>;
export type Implementations<T extends Record<string, Route>> = { [K in keyof T]: Implementation<T[K]> };
