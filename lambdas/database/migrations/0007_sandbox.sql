-- The books of the sandbox payment provider, a stand-in for a company of its own: no service's role can read them.
CREATE SCHEMA sandbox;
GRANT USAGE ON SCHEMA sandbox TO sandbox_service;

CREATE TABLE sandbox.charges (
  id              uuid PRIMARY KEY DEFAULT uuidv7(),
  idempotency_key text NOT NULL UNIQUE,
  token           text NOT NULL,
  amount_minor    bigint NOT NULL CHECK (amount_minor > 0),
  refunded_minor  bigint NOT NULL DEFAULT 0 CHECK (refunded_minor BETWEEN 0 AND amount_minor),
  currency        text NOT NULL,
  status          text NOT NULL CHECK (status IN ('succeeded', 'declined', 'requires_action')),
  created_at      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sandbox.refunds (
  idempotency_key text PRIMARY KEY,
  charge_id       uuid NOT NULL REFERENCES sandbox.charges,
  amount_minor    bigint NOT NULL CHECK (amount_minor > 0),
  created_at      timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA sandbox TO sandbox_service;
