import { commonProblems, Problem } from '../shared/problem.ts';

/** SQLSTATEs of temporary failures, from PostgreSQL's appendix A. The same statement may succeed on a retry. */
const TRANSIENT_STATES = new Set([
  '25006', // read_only_sql_transaction: the writer has just become a reader (failover)
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '53300', // too_many_connections
  '55P03', // lock_not_available: lock_timeout
  '57014', // query_canceled: statement_timeout
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
]);
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EAI_AGAIN',
]);
/** Errors of node-postgres that only their message identifies. */
const DRIVER_MESSAGES =
  /timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error/;

export const RETRY_AFTER_SECONDS = 2;

/** Whether the database was unavailable, as opposed to rejecting the statement. */
export function isUnavailable(error: unknown): boolean {
  const { code = '', message = '' } = Object(error) as { code?: string; message?: string };
  return TRANSIENT_STATES.has(code) || code.startsWith('08') || SOCKET_CODES.has(code) || DRIVER_MESSAGES.test(message);
}

/** @throws Problem DEPENDENCY_UNAVAILABLE if the database is unavailable, or any other error unchanged */
export function translateDatabaseError(error: unknown): never {
  if (!isUnavailable(error)) throw error;
  throw new Problem(commonProblems.DEPENDENCY_UNAVAILABLE, { retryAfterSeconds: RETRY_AFTER_SECONDS, cause: error });
}

/** The constraint that a statement violated, if it failed for that reason. */
export function brokenConstraint(error: unknown): string | undefined {
  const { code, constraint } = Object(error) as { code?: string; constraint?: string };
  return code?.startsWith('23') ? constraint : undefined;
}
