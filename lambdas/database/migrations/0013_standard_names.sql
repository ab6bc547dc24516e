-- The retention job under its standard name. Its role is created with the others before the migrations run (migrate.ts).
ALTER FUNCTION auth.forget_old(integer) RENAME TO delete_expired_rows;
ALTER FUNCTION orders.forget_old(integer) RENAME TO delete_expired_rows;
ALTER FUNCTION payments.forget_old(integer) RENAME TO delete_expired_rows;
ALTER FUNCTION email.forget_old(integer) RENAME TO delete_expired_rows;

GRANT USAGE ON SCHEMA auth, orders, payments, email TO retention_service;
GRANT EXECUTE ON FUNCTION auth.delete_expired_rows, orders.delete_expired_rows, payments.delete_expired_rows,
  email.delete_expired_rows TO retention_service;

-- The role's former name signs in no more and may do nothing.
REVOKE EXECUTE ON FUNCTION auth.delete_expired_rows, orders.delete_expired_rows, payments.delete_expired_rows,
  email.delete_expired_rows FROM housekeeping_service;
REVOKE USAGE ON SCHEMA auth, orders, payments, email FROM housekeeping_service;
ALTER ROLE housekeeping_service NOLOGIN;
