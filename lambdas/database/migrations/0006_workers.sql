CREATE SCHEMA notifications;
GRANT USAGE ON SCHEMA notifications TO notifications_service;

CREATE TABLE notifications.notifications (
  id         uuid PRIMARY KEY DEFAULT uuidv7(),
  -- The event that caused it: the same event twice is one notification.
  event_id   uuid NOT NULL UNIQUE,
  user_id    uuid NOT NULL,
  kind       text NOT NULL,
  title      text NOT NULL,
  order_id   uuid,
  read_at    timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX notifications_by_user ON notifications.notifications (user_id, id DESC);
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA notifications TO notifications_service;

CREATE SCHEMA email;
GRANT USAGE ON SCHEMA email TO email_service;

-- A mail is claimed, sent, then marked. A claim that outlives its lease may be taken over.
CREATE TABLE email.deliveries (
  event_id      uuid PRIMARY KEY,
  template      text NOT NULL,
  status        text NOT NULL DEFAULT 'sending' CHECK (status IN ('sending', 'sent', 'skipped')),
  claimed_until timestamptz NOT NULL,
  message_id    text,
  created_at    timestamptz NOT NULL DEFAULT now(),
  sent_at       timestamptz
);
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA email TO email_service;
