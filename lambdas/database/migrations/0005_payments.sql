CREATE SCHEMA payments;
GRANT USAGE ON SCHEMA payments TO payments_service;

CREATE TABLE payments.payments (
  id              uuid PRIMARY KEY DEFAULT uuidv7(),
  order_id        uuid NOT NULL,
  user_id         uuid NOT NULL,
  status          text NOT NULL DEFAULT 'processing' CHECK (status IN
                  ('processing', 'requires_action', 'captured', 'declined', 'partially_refunded', 'refunded')),
  amount_minor    bigint NOT NULL CHECK (amount_minor > 0),
  refunded_minor  bigint NOT NULL DEFAULT 0,
  currency        text NOT NULL,
  provider        text NOT NULL,
  provider_charge text,
  decline_code    text,
  next_action     jsonb,
  version         integer NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT refunds_never_exceed_the_capture CHECK (0 <= refunded_minor AND refunded_minor <= amount_minor),
  UNIQUE (provider, provider_charge)
);
-- An order is charged by one payment at a time, and captured at most once. Only a declined payment frees it.
CREATE UNIQUE INDEX one_live_payment_per_order ON payments.payments (order_id) WHERE status <> 'declined';
CREATE INDEX payments_by_user ON payments.payments (user_id, id DESC);

CREATE FUNCTION payments.refuse_illegal_transition() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF (OLD.status, NEW.status) NOT IN (
    ('processing', 'requires_action'), ('processing', 'captured'), ('processing', 'declined'),
    ('requires_action', 'captured'), ('requires_action', 'declined'),
    ('captured', 'partially_refunded'), ('captured', 'refunded'), ('partially_refunded', 'refunded')
  ) THEN
    RAISE EXCEPTION 'payment % cannot go from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER legal_transitions BEFORE UPDATE OF status ON payments.payments
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION payments.refuse_illegal_transition();

CREATE TABLE payments.refunds (
  id              uuid PRIMARY KEY DEFAULT uuidv7(),
  payment_id      uuid NOT NULL REFERENCES payments.payments,
  amount_minor    bigint NOT NULL CHECK (amount_minor > 0),
  reason          text,
  status          text NOT NULL DEFAULT 'processing' CHECK (status IN ('processing', 'succeeded')),
  created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX refunds_by_payment ON payments.refunds (payment_id);

CREATE TABLE payments.idempotency_keys (
  user_id      uuid NOT NULL,
  operation    text NOT NULL,
  key          text NOT NULL,
  request_hash bytea NOT NULL,
  -- What the key stands for, from before the provider is asked: a retry after a crash resumes it.
  subject_id   uuid NOT NULL,
  status       integer,
  body         jsonb,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, operation, key)
);

-- What providers told us, each telling once.
CREATE TABLE payments.provider_events (
  provider    text NOT NULL,
  event_id    text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, event_id)
);

CREATE TABLE payments.consumed_events (
  event_id    uuid PRIMARY KEY,
  consumed_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA payments TO payments_service;
