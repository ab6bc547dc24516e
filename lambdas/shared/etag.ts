import { createHash } from 'node:crypto';

/** The entity tags in an `If-Match` or `If-None-Match` header: `*`, or one or more tags without quotes and `W/`. */
export type EntityTags = '*' | string[];

const TAG = /(?:W\/)?(?:"([^"]*)"|([^\s",]+))/g;

/**
 * Parses the header (RFC 9110, 13.1). Tags without quotes are accepted. Weak tags count as strong ones: a proxy that
 * compresses a response makes its tag weak, and the content is the same.
 */
export function parseEntityTags(header: string): EntityTags {
  if (header.trim() === '*') return '*';
  return [...header.matchAll(TAG)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

/** @param etag a strong tag of ours. @returns whether `If-None-Match` names it, so that the caller already has the response */
export function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  if (!ifNoneMatch) return false;
  const tags = parseEntityTags(ifNoneMatch);
  return tags === '*' || tags.includes(etag.slice(1, -1));
}

/** A tag that starts with the version and changes with every field, also with those that are not versioned. */
export function etagOf(version: number, content: object): string {
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 12);
  return `"${version}-${hash}"`;
}
