import type * as z from 'zod';
import type { ProblemKind } from './problem.ts';

/** Who may call. `provider` is a payment provider: it signs its body instead of bearing a token. */
export type Caller = 'public' | 'user' | 'admin' | 'provider';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface RouteResponse {
  readonly description: string;
  /** None for an empty body. */
  readonly body?: z.ZodType;
}

/**
 * One operation of the API, written once. It drives the gateway's method, model and validator, the router in the
 * handler, the OpenAPI document and the typed client.
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
  readonly responses: { readonly [status: number]: RouteResponse };
  readonly problems?: readonly ProblemKind[];
  /** Wants an `Idempotency-Key` header: the mutation moves money or stock. */
  readonly idempotent?: true;
  /** Steady rate and burst over all callers, in requests a second; beyond it the gateway answers 429. */
  readonly limit: { readonly ratePerSecond: number; readonly burst: number };
  /** Left out of the public document: a part of the sandbox, or a page for people. */
  readonly internal?: true;
}

/** The header in which the edge tells a caller's address. It sets it on every request: what a caller sends is overwritten. */
export const VIEWER_ADDRESS_HEADER = 'x-viewer-address';

/** Keeps the literal types of a service's routes. */
export const defineRoutes = <const T extends Record<string, Route>>(routes: T): T => routes;

/** Limits that suit most routes: reads are cheap, writes take a connection each. */
export const READ_LIMIT = { ratePerSecond: 500, burst: 1000 } as const;
export const WRITE_LIMIT = { ratePerSecond: 200, burst: 400 } as const;

export interface Principal {
  userId: string;
  sessionId: string;
  role: 'customer' | 'admin';
}

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

/** What the handler hands to a use case, already validated. */
export interface RequestOf<R extends Route> {
  params: Parsed<R['params']>;
  query: Parsed<R['query']>;
  headers: Parsed<R['headers']>;
  body: Parsed<R['body']>;
  principal: R['caller'] extends 'user' | 'admin' ? Principal : undefined;
  idempotencyKey: R['idempotent'] extends true ? string : undefined;
  /** The exact bytes, for signatures. */
  rawBody: string;
  requestId: string;
  /** The viewer's address as the edge saw it. */
  clientAddress: string;
  userAgent: string;
}

type BodyOf<A> = A extends { body: infer S extends z.ZodType } ? z.input<S> : undefined;

/** One of the answers that the contract names, with its headers. */
export type ResultOf<R extends Route> = {
  [S in keyof R['responses'] & number]: {
    status: S;
    headers?: Record<string, string>;
  } & (BodyOf<R['responses'][S]> extends undefined ? { body?: undefined } : { body: BodyOf<R['responses'][S]> });
}[keyof R['responses'] & number];

export type Implementation<R extends Route> = (request: RequestOf<R>) => Promise<ResultOf<R>>;
export type Implementations<T extends Record<string, Route>> = { [K in keyof T]: Implementation<T[K]> };
