import { createHash } from 'node:crypto';
import { commonProblems, Problem } from '../shared/problem.ts';

/** What one mutation is known by: the same user, operation and key is the same mutation. */
export interface IdempotencyClaim {
  userId: string;
  operation: string;
  key: string;
  requestHash: Buffer;
}

/** What was stored of the first request; `status` and `body` are null while it is running. */
export interface StoredResponse {
  requestHash: Buffer;
  status: number | null;
  body: unknown;
}

export interface Replay {
  status: number;
  body: unknown;
}

/** A hash of what the caller asked for, whatever the order of the members. */
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
 * What to answer to a repeated request.
 * @throws Problem IDEMPOTENCY_KEY_REUSED for another body, REQUEST_IN_PROGRESS while the first has no answer yet
 */
export function replay(claim: IdempotencyClaim, stored: StoredResponse): Replay {
  if (!stored.requestHash.equals(claim.requestHash)) throw new Problem(commonProblems.IDEMPOTENCY_KEY_REUSED);
  if (stored.status === null) throw new Problem(commonProblems.REQUEST_IN_PROGRESS, { retryAfterSeconds: 1 });
  return { status: stored.status, body: stored.body };
}

export const REPLAYED_HEADER = { 'idempotency-replayed': 'true' };
