-- Once for each database, as the role that ran `1-roles.sql`.

CREATE TABLE orders (
  -- No query of the service names a tenant. The default fills it in, and the policy holds it to the same value.
  tenant_id text NOT NULL DEFAULT nullif(current_setting('app.tenant_id', true), '')
            CHECK (tenant_id ~ '^[a-z0-9-]{3,63}$'),
  id        uuid NOT NULL,
  item      text NOT NULL CHECK (char_length(item) BETWEEN 1 AND 200),
  -- Every unique key begins with the tenant. Without it, "duplicate key" tells that another tenant has the value.
  PRIMARY KEY (tenant_id, id)
);
ALTER TABLE orders OWNER TO orders_owner;

ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
-- For the owner, too.
ALTER TABLE orders FORCE ROW LEVEL SECURITY;

-- A row is visible if one permissive policy and all restrictive policies allow it. So the tenant is a restrictive policy:
-- a policy that somebody adds later cannot widen it.
CREATE POLICY everybody ON orders AS PERMISSIVE FOR ALL TO orders_app USING (true) WITH CHECK (true);

-- `true`: a setting that was never made is NULL, not an error. `nullif`: after the transaction that made it, it is ''.
-- Nothing equals NULL, so without a tenant there are no rows.
CREATE POLICY tenant ON orders AS RESTRICTIVE FOR ALL TO orders_app
  USING      (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));

-- TRUNCATE ignores policies, so it is not granted.
GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO orders_app;
