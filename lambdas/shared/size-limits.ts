/** The limits of a request, at every hop: AWS WAF, the local edge and the handlers. */
export const MAX_QUERY_BYTES = 2_048;
export const MAX_PATH_BYTES = 512;
/**
 * A body with its JSON escapes decoded. The largest of the contract has a product's description of 5,000 characters of
 * up to three bytes.
 */
export const MAX_CONTENT_BYTES = 16_384;
/**
 * A body as it is sent. That description is 30,000 bytes when each character is escaped as `\uXXXX`, which many clients
 * do. AWS WAF inspects 16, 32, 48 or 64 KiB and charges for what is above 16.
 */
export const MAX_BODY_BYTES = 32_768;

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|.)/gs;

/** Counts a JSON text in UTF-8 with its escapes decoded. Unlike parsing, it works on invalid and on deeply nested JSON. */
export function contentBytes(json: string): number {
  const decoded = json.replace(ESCAPE, (_, code?: string) =>
    code ? String.fromCharCode(Number.parseInt(code, 16)) : ' ',
  );
  return Buffer.byteLength(decoded);
}

/** A smaller response fits into one packet, compressed or not. API Gateway and the local edge send it as it is. */
export const MIN_COMPRESSED_BYTES = 1_024;
