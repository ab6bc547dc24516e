-- Which role may write which event type. Each run of the migrations adds what the services declare
-- (lambdas/database/migrate/declared-access.ts); before, the policy named the services itself.
CREATE TABLE queue.event_types (
  type     text PRIMARY KEY,
  producer text NOT NULL
);
-- What there is today, in this transaction: the functions that run during a deployment go on publishing.
INSERT INTO queue.event_types (type, producer) VALUES
  ('user.signed_up', 'auth_service'), ('user.verification_requested', 'auth_service'),
  ('user.password_reset_requested', 'auth_service'), ('product.changed', 'catalog_service'),
  ('order.placed', 'orders_service'), ('order.paid', 'orders_service'), ('order.cancelled', 'orders_service'),
  ('order.expired', 'orders_service'), ('order.refunded', 'orders_service'), ('order.capture_refused', 'orders_service'),
  ('payment.captured', 'payments_service'), ('payment.action_required', 'payments_service'),
  ('payment.declined', 'payments_service'), ('payment.refunded', 'payments_service'),
  ('refund.requested', 'payments_service');
GRANT SELECT ON queue.event_types TO auth_service, catalog_service, orders_service, payments_service;

DROP POLICY own_events ON queue.outbox;
CREATE POLICY read_own_events ON queue.outbox FOR SELECT USING (producer = current_user);
CREATE POLICY mark_own_events ON queue.outbox FOR UPDATE
  USING (producer = current_user) WITH CHECK (producer = current_user);
CREATE POLICY write_declared_events ON queue.outbox FOR INSERT
  WITH CHECK (producer = current_user
              AND EXISTS (SELECT FROM queue.event_types t WHERE t.type = outbox.type AND t.producer = current_user));
