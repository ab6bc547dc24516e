-- What has served its time is forgotten, so that tables stay as large as the business and not as old. Each schema says
-- what is old in a function of its own; the housekeeper may call these and read nothing. The outbox stays: it is the
-- audit trail of every change.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'housekeeping_service') THEN
    CREATE ROLE housekeeping_service LOGIN;
  END IF;
  ALTER ROLE housekeeping_service SET statement_timeout = '3s';
  ALTER ROLE housekeeping_service SET lock_timeout = '2s';
  ALTER ROLE housekeeping_service SET idle_in_transaction_session_timeout = '5s';
  ALTER ROLE housekeeping_service SET search_path = '';
END $$;
GRANT USAGE ON SCHEMA auth, orders, payments, email TO housekeeping_service;

-- Rows of these tables come in the order of their time: a block range index finds the old ones and costs next to nothing.
CREATE INDEX idempotency_keys_by_age ON orders.idempotency_keys USING brin (created_at);
CREATE INDEX consumed_events_by_age ON orders.consumed_events USING brin (consumed_at);
CREATE INDEX idempotency_keys_by_age ON payments.idempotency_keys USING brin (created_at);
CREATE INDEX consumed_events_by_age ON payments.consumed_events USING brin (consumed_at);
CREATE INDEX provider_events_by_age ON payments.provider_events USING brin (received_at);
CREATE INDEX deliveries_by_age ON email.deliveries USING brin (created_at);
CREATE INDEX mail_tokens_by_age ON auth.mail_tokens USING brin (created_at);
CREATE INDEX sessions_by_age ON auth.sessions USING brin (created_at);
CREATE INDEX refresh_tokens_by_session ON auth.refresh_tokens (session_id);

-- Keys of 30 days: no client retries for longer. Events of 35: a message lives 14 days in its queue and 14 as a dead
-- letter, and must be known again on its last day. Each call takes a bounded bite and says how much it took.
CREATE FUNCTION orders.forget_old(p_most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  WITH keys AS (
    DELETE FROM orders.idempotency_keys WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM orders.idempotency_keys WHERE created_at < now() - interval '30 days' LIMIT p_most)) RETURNING 1
  ), events AS (
    DELETE FROM orders.consumed_events WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM orders.consumed_events WHERE consumed_at < now() - interval '35 days' LIMIT p_most)) RETURNING 1
  )
  SELECT (SELECT count(*) FROM keys)::integer + (SELECT count(*) FROM events)::integer;
$$;

CREATE FUNCTION payments.forget_old(p_most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  WITH keys AS (
    DELETE FROM payments.idempotency_keys WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM payments.idempotency_keys WHERE created_at < now() - interval '30 days' LIMIT p_most)) RETURNING 1
  ), events AS (
    DELETE FROM payments.consumed_events WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM payments.consumed_events WHERE consumed_at < now() - interval '35 days' LIMIT p_most)) RETURNING 1
  ), told AS (
    DELETE FROM payments.provider_events WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM payments.provider_events WHERE received_at < now() - interval '35 days' LIMIT p_most)) RETURNING 1
  )
  SELECT (SELECT count(*) FROM keys)::integer + (SELECT count(*) FROM events)::integer + (SELECT count(*) FROM told)::integer;
$$;

CREATE FUNCTION email.forget_old(p_most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  WITH mails AS (
    DELETE FROM email.deliveries WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM email.deliveries WHERE created_at < now() - interval '35 days' LIMIT p_most)) RETURNING 1
  )
  SELECT count(*)::integer FROM mails;
$$;

-- A session that is over takes its refresh tokens along. Thirty days more, so that a stolen token used late is still
-- recognised as used.
CREATE FUNCTION auth.forget_old(p_most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  WITH sessions AS (
    DELETE FROM auth.sessions WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM auth.sessions WHERE created_at < now() - interval '30 days'
        AND least(expires_at, revoked_at) < now() - interval '30 days' LIMIT p_most)) RETURNING 1
  ), tokens AS (
    DELETE FROM auth.mail_tokens WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM auth.mail_tokens WHERE created_at < now() - interval '30 days' LIMIT p_most)) RETURNING 1
  )
  SELECT (SELECT count(*) FROM sessions)::integer + (SELECT count(*) FROM tokens)::integer;
$$;

GRANT EXECUTE ON FUNCTION auth.forget_old, orders.forget_old, payments.forget_old, email.forget_old TO housekeeping_service;
