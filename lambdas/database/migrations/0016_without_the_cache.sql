-- What answers for the cache while it is unavailable or has lost its keys.

-- Revoked sessions, for the gateway's token check (lambdas/auth/revocation.ts).
CREATE INDEX sessions_by_revocation ON auth.sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE VIEW auth.revoked_sessions AS SELECT id, revoked_at FROM auth.sessions WHERE revoked_at IS NOT NULL;
GRANT USAGE ON SCHEMA auth TO authorizer_service;
GRANT SELECT ON auth.revoked_sessions TO authorizer_service;

-- Login attempts in their window (lambdas/auth/login-limits.ts).
CREATE TABLE auth.login_attempts (
  key            text PRIMARY KEY,
  hits           integer NOT NULL CHECK (hits >= 0),
  window_ends_at timestamptz NOT NULL
);
CREATE INDEX login_attempts_by_end ON auth.login_attempts (window_ends_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON auth.login_attempts TO auth_service;

CREATE OR REPLACE FUNCTION auth.delete_expired_rows(p_most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH sessions AS (
    DELETE FROM auth.sessions WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM auth.sessions WHERE created_at < now() - interval '30 days'
        AND least(expires_at, revoked_at) < now() - interval '30 days' LIMIT p_most)) RETURNING 1
  ), tokens AS (
    DELETE FROM auth.mail_tokens WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM auth.mail_tokens WHERE created_at < now() - interval '30 days' LIMIT p_most)) RETURNING 1
  ), attempts AS (
    DELETE FROM auth.login_attempts WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM auth.login_attempts WHERE window_ends_at < now() LIMIT p_most)) RETURNING 1
  )
  SELECT (SELECT count(*) FROM sessions)::integer + (SELECT count(*) FROM tokens)::integer
       + (SELECT count(*) FROM attempts)::integer;
$$;
