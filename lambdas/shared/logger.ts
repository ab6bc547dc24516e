import { isNativeError } from 'node:util/types';
import { Logger } from '@aws-lambda-powertools/logger';

/**
 * Structured logs. The service name comes from POWERTOOLS_SERVICE_NAME, which the service function's construct sets.
 * Never log an event or a body, because they hold personal data. Log ids, codes and durations.
 */
export const logger = new Logger();

/** The fields of an error that are safe to log. A driver's query parameters are not: they may hold personal data. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!isNativeError(error)) return { error: String(error) };
  const code = (error as { code?: unknown }).code;
  return { error: error.name, errorMessage: error.message, ...(code ? { code } : {}), stack: error.stack };
}
