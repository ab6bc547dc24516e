-- An event that no queue accepts must not hold up the others: the outbox relay counts its attempts, waits longer after each, and
-- quarantines it after a stated number (lambdas/queue/relay/relay-outbox.ts). docs/runbook.md has the statements to list, retry and drop.
ALTER TABLE queue.outbox
  ADD COLUMN attempts integer NOT NULL DEFAULT 0,
  ADD COLUMN next_attempt_at timestamptz,
  ADD COLUMN last_error text,
  ADD COLUMN quarantined_at timestamptz;
GRANT UPDATE (attempts, next_attempt_at, last_error, quarantined_at) ON queue.outbox TO relay_service;

DROP INDEX queue.outbox_unpublished;
CREATE INDEX outbox_unpublished ON queue.outbox (coalesce(next_attempt_at, occurred_at))
  WHERE published_at IS NULL AND quarantined_at IS NULL;
CREATE INDEX outbox_quarantined ON queue.outbox (quarantined_at) WHERE quarantined_at IS NOT NULL AND published_at IS NULL;
