-- A function with its owner's rights must not find a type or table of the caller's making. An empty search_path is not
-- enough: PostgreSQL looks into the caller's temporary schema first unless it is named, last
-- (https://www.postgresql.org/docs/18/sql-createfunction.html, "Writing SECURITY DEFINER Functions Safely").
DO $$
DECLARE
  fn regprocedure;
BEGIN
  FOR fn IN
    SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname IN ('auth', 'catalog', 'orders', 'payments', 'email', 'queue', 'notifications', 'sandbox')
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', fn);
  END LOOP;
  -- And nobody needs a temporary schema.
  EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END $$;
