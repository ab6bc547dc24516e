import { createHash } from 'node:crypto';
import { commonProblems, Problem } from '../shared/problem.ts';

/** Identifies a mutation: the same user, operation and key mean the same mutation. */
export interface IdempotencyClaim {
  userId: string;
  operation: string;
  key: string;
  requestHash: Buffer;
}

/** The stored response to the first request. `status` and `body` are null while that request runs. */
export interface StoredResponse {
  requestHash: Buffer;
  status: number | null;
  body: unknown;
}

export interface Replay {
  status: number;
  body: unknown;
}

/** Hashes a request. The order of its members does not matter. */
export function hashRequest(request: unknown): Buffer {
  return createHash('sha256').update(canonicalJson(request)).digest();
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member) =>
    member && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

/**
 * Returns the stored response for a repeated request.
 * @throws Problem IDEMPOTENCY_KEY_REUSED for another body, REQUEST_IN_PROGRESS while the first request runs
 */
export function replay(claim: IdempotencyClaim, stored: StoredResponse): Replay {
  if (!stored.requestHash.equals(claim.requestHash)) {
    const fields = [{ field: 'header.idempotency-key', message: 'was already used with another body' }];
    throw new Problem(commonProblems.IDEMPOTENCY_KEY_REUSED, { fields });
  }
  if (stored.status === null) throw new Problem(commonProblems.REQUEST_IN_PROGRESS, { retryAfterSeconds: 1 });
  return { status: stored.status, body: stored.body };
}

export const REPLAYED_HEADER = { 'idempotency-replayed': 'true' };
