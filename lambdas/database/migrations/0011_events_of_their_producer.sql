-- A service tells of its own only: a stolen connection of the catalogue must not be able to say that a payment was captured.
DROP POLICY own_events ON queue.outbox;
CREATE POLICY own_events ON queue.outbox TO auth_service, catalog_service, orders_service, payments_service
  USING (producer = current_user)
  WITH CHECK (producer = current_user AND split_part(type, '.', 1) = ANY (CASE current_user
    WHEN 'auth_service' THEN ARRAY['user']
    WHEN 'catalog_service' THEN ARRAY['product']
    WHEN 'orders_service' THEN ARRAY['order']
    WHEN 'payments_service' THEN ARRAY['payment', 'refund']
  END));
