-- When the provider was last asked what became of a payment that nobody told us the end of.
ALTER TABLE payments.payments ADD COLUMN asked_at timestamptz;
CREATE INDEX payments_unfinished ON payments.payments (coalesce(asked_at, created_at))
  WHERE status IN ('processing', 'requires_action');
