import type { OPERATIONS } from './operations.ts';
import type { operations } from './schema.ts';

/** The operations of the API, by the `operationId` of the OpenAPI document. */
export type OperationName = keyof typeof OPERATIONS & keyof operations;

/** A field of a call: required if it has required members, and absent if the operation has no such input. */
type Field<Name extends string, T> = [T] extends [never]
  ? { [K in Name]?: undefined }
  : object extends T
    ? { [K in Name]?: T }
    : { [K in Name]: T };

type Input<O extends OperationName, Place extends 'path' | 'query' | 'header'> = NonNullable<
  operations[O]['parameters'][Place]
>;
/** The client makes the key itself (`CallOptions`). */
type HeadersOf<O extends OperationName> = [Input<O, 'header'>] extends [never]
  ? never
  : Omit<Input<O, 'header'>, 'Idempotency-Key'>;
type BodyOf<O extends OperationName> = operations[O] extends {
  requestBody: { content: { 'application/json': infer B } };
}
  ? B
  : never;

/** A body is required even if all its members are optional: the API reads it. */
type BodyField<O extends OperationName> = [BodyOf<O>] extends [never] ? { body?: undefined } : { body: BodyOf<O> };

export interface CallOptions {
  /**
   * For operations that need one: the key under which the API performs the operation once. Without it each call has a new
   * key. Give the same key to repeat a call whose outcome is unknown.
   */
  idempotencyKey?: string;
  /** Ends the call and its retries. */
  signal?: AbortSignal;
}

/** The input of a call. */
export type Call<O extends OperationName> = Field<'params', Input<O, 'path'>> &
  Field<'query', Input<O, 'query'>> &
  Field<'headers', HeadersOf<O>> &
  BodyField<O> &
  CallOptions;

/** The arguments of an operation's method: none are needed if nothing is required. */
export type CallArguments<O extends OperationName> = object extends Call<O> ? [call?: Call<O>] : [call: Call<O>];

type SuccessStatus = 200 | 201 | 202 | 204;
type Responses<O extends OperationName> = operations[O]['responses'];
type ContentOf<R> = R extends { content: { 'application/json': infer B } }
  ? B
  : R extends { content: { 'text/html': infer B } }
    ? B
    : undefined;

/** The body of the response. */
export type Result<O extends OperationName> = ContentOf<Responses<O>[SuccessStatus & keyof Responses<O>]>;

type ProblemIn<R> = R extends { content: { 'application/problem+json': infer P } } ? P : never;

/** The problem documents of an operation. For several operations: of any of them. */
export type ProblemOf<O extends OperationName> = O extends OperationName
  ? ProblemIn<Responses<O>[keyof Responses<O>]>
  : never;

/** The literal codes of an operation's problems. */
export type CodeOf<O extends OperationName> = NonNullable<ProblemOf<O>['code']>;
