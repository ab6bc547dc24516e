export { type Client, type ClientOptions, createClient, type Operations } from './client.ts';
export { ApiProblem, isProblem, NoResponse, UnexpectedResponse } from './errors.ts';
export type { RetryPolicy } from './retry.ts';
export type * from './schema.ts';
export { memoryStore, type StoredTokens, type TokenStore } from './session.ts';
export type { Call, CallOptions, CodeOf, OperationName, ProblemOf, Result } from './types.ts';
