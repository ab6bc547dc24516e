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
/** SQLSTATEs of a server that is not the writer any more, or is going away: the next statement needs another connection. */
const WRONG_SERVER_STATES = new Set(['25006', '57P01', '57P02', '57P03']);

export const RETRY_AFTER_SECONDS = 2;

const stateOf = (error: unknown): string => String((Object(error) as { code?: unknown }).code ?? '');

/** Whether the database was unavailable, as opposed to rejecting the statement. Class 08 is a connection exception. */
export function isUnavailable(error: unknown): boolean {
  if ((error as Error)?.name === 'DatabaseConnectionError') return true;
  return TRANSIENT_STATES.has(stateOf(error)) || stateOf(error).startsWith('08');
}

/** Whether a connection must not be used again, though it is open. */
export const leadsToWrongServer = (error: unknown): boolean =>
  WRONG_SERVER_STATES.has(stateOf(error)) || stateOf(error).startsWith('08');

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
