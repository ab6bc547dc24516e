/** Limits of AWS WAF and of the local edge. Requests that follow the contract stay far below them. */
export const MAX_QUERY_BYTES = 2_048;
export const MAX_PATH_BYTES = 512;
/**
 * AWS WAF inspects this much of a body. The largest body of the contract has a product's description of 5,000
 * characters of up to three bytes.
 */
export const MAX_BODY_BYTES = 16_384;
