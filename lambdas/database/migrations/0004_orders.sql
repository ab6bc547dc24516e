CREATE SCHEMA orders;
GRANT USAGE ON SCHEMA orders TO orders_service, payments_service;

CREATE TABLE orders.orders (
  id          uuid PRIMARY KEY DEFAULT uuidv7(),
  user_id     uuid NOT NULL,
  status      text NOT NULL DEFAULT 'awaiting_payment'
              CHECK (status IN ('awaiting_payment', 'paid', 'fulfilled', 'cancelled', 'expired', 'refunded')),
  total_minor bigint NOT NULL CHECK (total_minor > 0),
  currency    text NOT NULL,
  version     integer NOT NULL DEFAULT 1,
  expires_at  timestamptz NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orders_by_user ON orders.orders (user_id, id DESC);
CREATE INDEX orders_to_expire ON orders.orders (expires_at) WHERE status = 'awaiting_payment';

CREATE TABLE orders.order_items (
  order_id         uuid NOT NULL REFERENCES orders.orders ON DELETE CASCADE,
  product_id       uuid NOT NULL,
  sku              text NOT NULL,
  name             text NOT NULL,
  quantity         integer NOT NULL CHECK (quantity > 0),
  unit_price_minor bigint NOT NULL CHECK (unit_price_minor > 0),
  PRIMARY KEY (order_id, product_id)
);

-- The state machine of lambdas/orders/order.ts, once more where no bug can pass it.
CREATE FUNCTION orders.refuse_illegal_transition() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF (OLD.status, NEW.status) NOT IN (
    ('awaiting_payment', 'paid'), ('awaiting_payment', 'cancelled'), ('awaiting_payment', 'expired'),
    ('paid', 'fulfilled'), ('paid', 'refunded'), ('fulfilled', 'refunded')
  ) THEN
    RAISE EXCEPTION 'order % cannot go from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'check_violation';
  END IF;
  NEW.version := OLD.version + 1;
  NEW.updated_at := now();
  RETURN NEW;
END $$;
CREATE TRIGGER legal_transitions BEFORE UPDATE OF status ON orders.orders
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION orders.refuse_illegal_transition();

CREATE TABLE orders.idempotency_keys (
  user_id      uuid NOT NULL,
  operation    text NOT NULL,
  key          text NOT NULL,
  request_hash bytea NOT NULL,
  status       integer,
  body         jsonb,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, operation, key)
);

-- Which events took effect here: written in the transaction of the effect.
CREATE TABLE orders.consumed_events (
  event_id    uuid PRIMARY KEY,
  consumed_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA orders TO orders_service;

-- What payments may know of an order: what to charge, and whether.
CREATE VIEW orders.payable_orders AS
  SELECT id, user_id, status, total_minor, currency, expires_at FROM orders.orders;
GRANT SELECT ON orders.payable_orders TO payments_service;
