/** Lets an outage or a client's pause last this long. A test that waits for a result uses `eventually`. */
export { setTimeout as lasting } from 'node:timers/promises';
