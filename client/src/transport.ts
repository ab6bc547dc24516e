import { ApiProblem, NoResponse, UnexpectedResponse } from './errors.ts';
import { OPERATIONS } from './operations.ts';
import { retryAfterMs } from './retry.ts';
import type { CallOptions, OperationName, Result } from './types.ts';

/** The input of any operation. `Call` has the types of one. */
export interface AnyCall extends CallOptions {
  params?: object | undefined;
  query?: object | undefined;
  headers?: object | undefined;
  body?: unknown;
}

export interface Transport {
  baseUrl: string;
  fetch: typeof fetch;
  /** An attempt without a response ends after this time. */
  timeoutMs: number;
  now: () => number;
}

/**
 * Makes one attempt of a call.
 * @throws ApiProblem for an error response, NoResponse, UnexpectedResponse, or the reason of the call's signal
 */
export async function send<O extends OperationName>(
  transport: Transport,
  operation: O,
  call: AnyCall,
  accessToken: string | undefined,
): Promise<Result<O>> {
  const timeout = AbortSignal.timeout(transport.timeoutMs);
  const request: RequestInit = {
    method: OPERATIONS[operation].method,
    headers: headersOf(call, accessToken),
    signal: call.signal ? AbortSignal.any([call.signal, timeout]) : timeout,
    ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
  };
  const { response, text } = await exchange(
    transport,
    operation,
    urlOf(transport.baseUrl, operation, call),
    request,
    call,
  );
  if (!response.ok) throw errorOf(operation, response, text, transport.now());
  const isJson = /^application\/json\b/.test(response.headers.get('content-type') ?? '');
  return (text === '' ? undefined : isJson ? JSON.parse(text) : text) as Result<O>;
}

/** The response and its body. Both can fail, and neither failure says whether the API performed the call. */
async function exchange(
  transport: Transport,
  operation: OperationName,
  url: string,
  request: RequestInit,
  { signal }: AnyCall,
): Promise<{ response: Response; text: string }> {
  try {
    const response = await transport.fetch(url, request);
    return { response, text: await response.text() };
  } catch (cause) {
    signal?.throwIfAborted();
    throw new NoResponse(operation, cause);
  }
}

function urlOf(baseUrl: string, operation: OperationName, { params = {}, query = {} }: AnyCall): string {
  const values = new Map<string, unknown>(Object.entries(params));
  const path = OPERATIONS[operation].path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(values.get(name))),
  );
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `${baseUrl.replace(/\/$/, '')}${path}${search ? `?${search}` : ''}`;
}

function headersOf({ headers = {}, body, idempotencyKey }: AnyCall, accessToken: string | undefined) {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(given.map(([name, value]) => [name, String(value)])),
    ...(accessToken && { authorization: `Bearer ${accessToken}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
  };
}

function errorOf(operation: OperationName, { status, headers }: Response, text: string, nowMs: number): Error {
  if (!/^application\/problem\+json\b/.test(headers.get('content-type') ?? ''))
    return new UnexpectedResponse(operation, status);
  return new ApiProblem(operation, JSON.parse(text), retryAfterMs(headers.get('retry-after'), nowMs));
}
