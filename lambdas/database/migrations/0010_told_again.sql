-- A message that was lost, or that lies among the dead letters, must not leave money taken and an order unpaid: payments
-- look for captures and refunds without an effect and have the relay send their events again.
CREATE OR REPLACE VIEW orders.payable_orders AS
  SELECT id, user_id, status, total_minor, currency, expires_at, updated_at FROM orders.orders;
CREATE INDEX orders_closed_unpaid ON orders.orders (updated_at) WHERE status IN ('expired', 'cancelled');
CREATE INDEX refunds_unfinished ON payments.refunds (created_at) WHERE status = 'processing';
