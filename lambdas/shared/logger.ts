import { isNativeError } from 'node:util/types';
import { Logger } from '@aws-lambda-powertools/logger';

/**
 * Structured logs. The service name comes from POWERTOOLS_SERVICE_NAME, which the service function's construct sets.
 * Nothing logs an event or a body: they hold personal data. Log ids, codes and durations.
 */
export const logger = new Logger();

/** What may be said of a failure in a log: its name, message and code, never a driver's parameters. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!isNativeError(error)) return { error: String(error) };
  const code = (error as { code?: unknown }).code;
  return { error: error.name, errorMessage: error.message, ...(code ? { code } : {}), stack: error.stack };
}
