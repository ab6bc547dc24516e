/** What the firewall lets through at most, on AWS and at the laptop's edge. No call of the contract comes near these. */
export const MAX_QUERY_BYTES = 2_048;
export const MAX_PATH_BYTES = 512;
/**
 * As much of a body as the firewall looks at. The contract's largest is a product's description, 5,000 characters of up
 * to three bytes.
 */
export const MAX_BODY_BYTES = 16_384;
