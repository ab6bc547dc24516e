import type { components } from './schema.ts';
import type { CodeOf, OperationName, ProblemOf } from './types.ts';

/** An error response of the API (RFC 9457). Switch on `code`. */
export class ApiProblem<O extends OperationName = OperationName> extends Error {
  readonly operation: O;
  readonly code: CodeOf<O>;
  readonly status: number;
  /** What is wrong with the input, if the code is `VALIDATION_FAILED`. */
  readonly fields: readonly components['schemas']['FieldError'][];
  /** The whole document, with the members that its code adds. */
  readonly document: ProblemOf<O>;
  /** How long the API asks to wait before the next attempt. */
  readonly retryAfterMs: number | undefined;

  constructor(operation: O, document: components['schemas']['Problem'], retryAfterMs?: number) {
    super(document.detail ?? document.title);
    this.name = 'ApiProblem';
    this.operation = operation;
    this.code = document.code as CodeOf<O>;
    this.status = document.status;
    this.fields = document.fields ?? [];
    this.document = document as ProblemOf<O>;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Whether an error is a problem of the API, or of one of its operations. Then `code` has the type of that operation's
 * codes.
 */
export function isProblem<O extends OperationName = OperationName>(
  error: unknown,
  operation?: O,
): error is ApiProblem<O> {
  return error instanceof ApiProblem && (operation === undefined || error.operation === operation);
}

/** The call got no response: the network failed or the time was up. The API may have performed it. */
export class NoResponse extends Error {
  constructor(operation: OperationName, cause: unknown) {
    super(`${operation}: the API did not respond.`, { cause });
    this.name = 'NoResponse';
  }
}

/** A response that is not the API's, for example the page of a proxy. */
export class UnexpectedResponse extends Error {
  readonly status: number;

  constructor(operation: OperationName, status: number) {
    super(`${operation}: status ${status} without a problem document.`);
    this.name = 'UnexpectedResponse';
    this.status = status;
  }
}
