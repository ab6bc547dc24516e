CREATE SCHEMA catalog;
GRANT USAGE ON SCHEMA catalog TO catalog_service, orders_service;

CREATE TABLE catalog.products (
  id           uuid PRIMARY KEY DEFAULT uuidv7(),
  sku          text NOT NULL UNIQUE,
  name         text NOT NULL,
  description  text NOT NULL,
  price_minor  bigint NOT NULL CHECK (price_minor > 0),
  currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  version      integer NOT NULL DEFAULT 1,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now()
);

-- Apart from products, so that selling does not contend with editing.
CREATE TABLE catalog.stock (
  product_id uuid PRIMARY KEY REFERENCES catalog.products ON DELETE CASCADE,
  on_hand    integer NOT NULL,
  reserved   integer NOT NULL DEFAULT 0,
  CONSTRAINT stock_is_never_oversold CHECK (0 <= reserved AND reserved <= on_hand)
);

GRANT SELECT, INSERT, UPDATE ON catalog.products, catalog.stock TO catalog_service;

-- The catalogue owns the stock; orders move it only through these three functions, inside their own transaction.
-- Rows are locked in the order of their ids, so that two orders for the same products never deadlock.

-- Takes {productId, quantity} lines; answers one row a line. Anything but 'reserved' means: roll back.
CREATE FUNCTION catalog.reserve_stock(p_lines jsonb)
RETURNS TABLE (product_id uuid, quantity integer, sku text, name text, price_minor bigint, currency text, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  line record;
BEGIN
  FOR line IN
    SELECT l."productId" AS id, l.quantity AS wanted, p.sku, p.name, p.price_minor, p.currency
    FROM jsonb_to_recordset(p_lines) AS l("productId" uuid, quantity integer)
    LEFT JOIN catalog.products p ON p.id = l."productId"
    ORDER BY l."productId"
  LOOP
    product_id := line.id; quantity := line.wanted; sku := line.sku; name := line.name;
    price_minor := line.price_minor; currency := line.currency;
    UPDATE catalog.stock s SET reserved = s.reserved + line.wanted
    WHERE s.product_id = line.id AND s.on_hand - s.reserved >= line.wanted;
    outcome := CASE WHEN FOUND THEN 'reserved' WHEN line.sku IS NULL THEN 'unknown' ELSE 'out_of_stock' END;
    RETURN NEXT;
  END LOOP;
END $$;

-- Gives a reservation back: the order was cancelled or expired.
CREATE FUNCTION catalog.release_stock(p_lines jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  line record;
BEGIN
  FOR line IN SELECT * FROM jsonb_to_recordset(p_lines) AS l("productId" uuid, quantity integer) ORDER BY 1 LOOP
    UPDATE catalog.stock s SET reserved = s.reserved - line.quantity WHERE s.product_id = line."productId";
  END LOOP;
END $$;

-- Turns a reservation into a sale: the order was paid.
CREATE FUNCTION catalog.consume_stock(p_lines jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  line record;
BEGIN
  FOR line IN SELECT * FROM jsonb_to_recordset(p_lines) AS l("productId" uuid, quantity integer) ORDER BY 1 LOOP
    UPDATE catalog.stock s SET reserved = s.reserved - line.quantity, on_hand = s.on_hand - line.quantity
    WHERE s.product_id = line."productId";
  END LOOP;
END $$;

GRANT EXECUTE ON FUNCTION catalog.reserve_stock, catalog.release_stock, catalog.consume_stock TO orders_service;
