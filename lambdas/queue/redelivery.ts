/**
 * How long a failed message waits, by the number of times that it was received. The first redelivery is quick, for a lock or a lost
 * connection; the later ones are far apart, so that the attempts outlast an hour without a database.
 */
const DELAYS_SECONDS = [5, 15, 45, 135, 405];
const LONGEST_SECONDS = 900;

/** A message that failed this often is moved to the dead-letter queue. */
export const MAX_RECEIVES = 10;
/** The outage that no message is lost in. */
export const OUTAGE_SECONDS = 3_600;

/** @param receives how often the message was received so far, from 1 */
export const redeliveryDelaySeconds = (receives: number): number =>
  DELAYS_SECONDS[Math.max(0, receives - 1)] ?? LONGEST_SECONDS;
