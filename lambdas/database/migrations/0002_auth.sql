CREATE SCHEMA auth;
GRANT USAGE ON SCHEMA auth TO auth_service, email_service;

CREATE TABLE auth.users (
  id                uuid PRIMARY KEY DEFAULT uuidv7(),
  email             text NOT NULL,
  -- One address is one account whatever its case.
  email_key         text NOT NULL UNIQUE GENERATED ALWAYS AS (lower(email)) STORED,
  name              text NOT NULL,
  role              text NOT NULL DEFAULT 'customer' CHECK (role IN ('customer', 'admin')),
  password_hash     text NOT NULL,
  email_verified_at timestamptz,
  version           integer NOT NULL DEFAULT 1,
  created_at        timestamptz NOT NULL DEFAULT now()
);

-- A session is a family of refresh tokens: revoking the row ends the family.
CREATE TABLE auth.sessions (
  id           uuid PRIMARY KEY DEFAULT uuidv7(),
  user_id      uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
  user_agent   text NOT NULL,
  address      text NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz NOT NULL,
  revoked_at   timestamptz
);
CREATE INDEX sessions_by_user ON auth.sessions (user_id, id DESC);

-- Only hashes of refresh tokens are kept. A used row stays, so that a second use is recognised.
CREATE TABLE auth.refresh_tokens (
  token_hash bytea PRIMARY KEY,
  session_id uuid NOT NULL REFERENCES auth.sessions ON DELETE CASCADE,
  issued_at  timestamptz NOT NULL DEFAULT now(),
  used_at    timestamptz
);
-- One live token a family at any moment.
CREATE UNIQUE INDEX one_live_token_per_session ON auth.refresh_tokens (session_id) WHERE used_at IS NULL;

-- Single-use tokens sent by mail. The e-mail worker mints the token and stores its hash here: its text is never stored.
CREATE TABLE auth.mail_tokens (
  id         uuid PRIMARY KEY DEFAULT uuidv7(),
  user_id    uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
  purpose    text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password')),
  token_hash bytea UNIQUE,
  expires_at timestamptz NOT NULL,
  used_at    timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mail_tokens_by_user ON auth.mail_tokens (user_id, purpose);

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA auth TO auth_service;

-- What the e-mail worker may know: how to address a user.
CREATE VIEW auth.contacts AS SELECT id, email, name FROM auth.users;
GRANT SELECT ON auth.contacts TO email_service;

-- What it may do: attach the hash of a freshly minted token to a request that is still open. False when it is not.
CREATE FUNCTION auth.attach_mail_token(p_id uuid, p_token_hash bytea) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  WITH attached AS (
    UPDATE auth.mail_tokens SET token_hash = p_token_hash
    WHERE id = p_id AND used_at IS NULL AND expires_at > now()
    RETURNING 1
  )
  SELECT EXISTS (SELECT FROM attached);
$$;
GRANT EXECUTE ON FUNCTION auth.attach_mail_token TO email_service;
