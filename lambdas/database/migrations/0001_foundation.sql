-- A schema and a role per service. A role can touch its own schema, what another schema grants by name, and the outbox.
DO $$
DECLARE
  service text;
BEGIN
  FOREACH service IN ARRAY ARRAY['auth', 'catalog', 'orders', 'payments', 'notifications', 'email', 'relay', 'sandbox', 'health']
  LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service || '_service') THEN
      EXECUTE format('CREATE ROLE %I LOGIN', service || '_service');
    END IF;
    -- Bounds that hold whatever the client forgets: 3 s a statement, 2 s for a lock, 5 s idle in a transaction.
    EXECUTE format('ALTER ROLE %I SET statement_timeout = ''3s''', service || '_service');
    EXECUTE format('ALTER ROLE %I SET lock_timeout = ''2s''', service || '_service');
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''5s''', service || '_service');
    EXECUTE format('ALTER ROLE %I SET search_path = ''''', service || '_service');
  END LOOP;
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE SCHEMA queue;
GRANT USAGE ON SCHEMA queue TO auth_service, catalog_service, orders_service, payments_service, relay_service;

-- Transactional outbox: an event is a row written in the transaction of the change that it tells of.
CREATE TABLE queue.outbox (
  id                uuid PRIMARY KEY DEFAULT uuidv7(),
  producer          text NOT NULL DEFAULT current_user,
  type              text NOT NULL,
  aggregate_id      uuid NOT NULL,
  aggregate_version integer NOT NULL,
  payload           jsonb NOT NULL,
  occurred_at       timestamptz NOT NULL DEFAULT now(),
  published_at      timestamptz,
  -- One row a state change: a second event of the same kind for the same version is a bug, and refused.
  UNIQUE (aggregate_id, aggregate_version, type)
);
CREATE INDEX outbox_unpublished ON queue.outbox (occurred_at) WHERE published_at IS NULL;

-- A service writes, reads and marks its own events only; the relay reads and marks all.
ALTER TABLE queue.outbox ENABLE ROW LEVEL SECURITY;
GRANT INSERT (id, type, aggregate_id, aggregate_version, payload), SELECT, UPDATE (published_at)
  ON queue.outbox TO auth_service, catalog_service, orders_service, payments_service;
GRANT SELECT, UPDATE (published_at) ON queue.outbox TO relay_service;
CREATE POLICY own_events ON queue.outbox TO auth_service, catalog_service, orders_service, payments_service
  USING (producer = current_user) WITH CHECK (producer = current_user);
CREATE POLICY every_event ON queue.outbox TO relay_service USING (true) WITH CHECK (true);
