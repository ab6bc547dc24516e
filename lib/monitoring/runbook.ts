import type { AwsPlan } from '../stage.ts';
import { RUNBOOK_FILE } from '../stage-context.ts';

/** The sections of docs/runbook.md: one per kind of alarm. An id is the anchor that GitHub gives to the heading. */
export const RUNBOOK_SECTIONS = [
  'alert',
  'function-errors',
  'function-throttles',
  'unhandled-errors',
  'job-failed',
  'job-not-running',
  'dead-letters',
  'old-messages',
  'undelivered-mail',
  'health-check',
  'edge-errors',
  'balancer-unhealthy-targets',
  'balancer-errors',
  'gateway-errors',
  'gateway-latency',
  'database-capacity',
  'database-connections',
  'database-deadlocks',
  'replica-lag',
  'cache-memory',
  'cache-cpu',
  'outbox-relayed',
  'event-republished',
  'event-quarantined',
  'revocation-not-cached',
  'revocation-from-database',
  'invariant-violated',
] as const;
export type RunbookSection = (typeof RUNBOOK_SECTIONS)[number];

/**
 * Appends the link to a section of the runbook.
 * @param plan undefined on the laptop, where the link is a path in the repository
 * @param text one or more sentences
 * @returns the description of an alarm, at most 1024 characters
 */
export function describeAlarm(
  plan: Pick<AwsPlan, 'runbookUrl'> | undefined,
  text: string,
  section: RunbookSection,
): string {
  return `${text} Runbook: ${plan?.runbookUrl ?? RUNBOOK_FILE}#${section}`;
}
