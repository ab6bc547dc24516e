import { countForAll } from './metrics.ts';

/** A condition of the code itself does not hold: a bug, and not a request that was refused. */
export class InvariantError extends Error {
  override name = 'InvariantError';
}

/**
 * Asserts what must hold for money, stock and tokens to be right. A violation stops the work before it is committed, and is counted by
 * `InvariantViolated`, whose alarm needs one.
 * @param message what must hold
 * @param values ids and amounts that show why it does not; they are logged, so no personal data and no secrets
 * @throws InvariantError with the message and the values
 */
export function invariant(
  condition: unknown,
  message: string,
  values: Readonly<Record<string, unknown>> = {},
): asserts condition {
  if (condition) return;
  countForAll('InvariantViolated');
  throw new InvariantError(`Invariant violated: ${message} ${JSON.stringify(values)}`);
}
