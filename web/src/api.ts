import type * as z from 'zod';
import type { ApiRoutes } from '../../lambdas/registry.ts';
import type { Route } from '../../lambdas/shared/contract.ts';

type Routes = ApiRoutes;
type Input<S> = S extends z.ZodType ? z.input<S> : undefined;
type Body<A> = A extends { body: infer S extends z.ZodType } ? z.output<S> : undefined;

/** The input of a call, from the contract. */
export type CallOf<R extends Route> = {
  params?: Input<R['params']>;
  query?: Input<R['query']>;
  body?: Input<R['body']>;
  idempotencyKey?: string;
};
/** The body of its response. */
export type ResponseBodyOf<R extends Route> = {
  [S in keyof R['responses']]: Body<R['responses'][S]>;
}[keyof R['responses']];

interface ProblemDocument {
  code: string;
  status: number;
  title: string;
  detail?: string;
  fields?: { field: string; message: string }[];
  [member: string]: unknown;
}

/** An error response, with a literal code to switch on. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly fields: { field: string; message: string }[];
  /** The whole problem document, with the members that its code adds. */
  readonly problem: ProblemDocument;

  constructor(problem: ProblemDocument) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
    this.code = problem.code;
    this.status = problem.status;
    this.fields = problem.fields ?? [];
  }
}

export interface ApiOptions {
  baseUrl: string;
  /** The access token to send, if there is one. */
  token: () => string | undefined;
}

/** The typed client. Names, inputs and responses are types from the contracts, so the bundle has no contract code. */
export function createApi({ baseUrl, token }: ApiOptions) {
  return async function call<N extends keyof Routes>(
    method: Routes[N]['method'],
    path: Routes[N]['path'],
    { params, query, body, idempotencyKey }: CallOf<Routes[N]> = {},
  ): Promise<ResponseBodyOf<Routes[N]>> {
    const filled = path.replace(/\{(\w+)\}/g, (_, name) =>
      encodeURIComponent(String((params as Record<string, unknown>)[name])),
    );
    const search = new URLSearchParams(query as Record<string, string>).toString();
    const accessToken = token();
    const response = await fetch(`${baseUrl}${filled}${search ? `?${search}` : ''}`, {
      method,
      headers: {
        ...(accessToken && { authorization: `Bearer ${accessToken}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new ApiError(JSON.parse(text));
    return (text ? JSON.parse(text) : undefined) as ResponseBodyOf<Routes[N]>;
  };
}
