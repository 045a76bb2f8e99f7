-- Once for each server. Run it as a superuser; on Amazon RDS, as the master user.

-- Owns the tables. Nobody logs in as the owner: row-level security does not hold for owners, unless it is forced.
CREATE ROLE orders_owner NOLOGIN;
-- `2-orders.sql` gives it the table. Who is not a superuser must be a member of the role for that.
GRANT orders_owner TO CURRENT_USER;

-- The service. It is never a superuser, and never has BYPASSRLS: both see the rows of all tenants.
CREATE ROLE orders_app LOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT;

-- A request that hangs, or whose caller is gone, gives its connection back.
ALTER ROLE orders_app SET statement_timeout = '5s';
ALTER ROLE orders_app SET idle_in_transaction_session_timeout = '10s';
