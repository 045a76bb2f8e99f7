-- Looks for ways around the tenant. Run it in the service's database, as the service's role. Each row is a finding.
--
--   psql --username orders_app --tuples-only --no-align --file database/check.sql orders

WITH RECURSIVE
role AS (
  SELECT oid, rolname AS name, rolsuper AS super FROM pg_roles WHERE rolname = current_user
),
tenant_table AS (
  SELECT c.oid, c.oid::regclass AS name, c.relowner AS owner, c.relrowsecurity, c.relforcerowsecurity,
         a.attnum AS tenant_column
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
    AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
),
-- Views of these tables, and views of such views.
reader AS (
  SELECT oid FROM tenant_table
  UNION
  SELECT r.ev_class
  FROM reader
  JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = reader.oid
  JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
),
finding (text) AS (
  SELECT 'No table of this database has a column tenant_id. Is it the right database?'
  WHERE NOT EXISTS (SELECT FROM tenant_table)

  UNION ALL
  SELECT CASE WHEN powerful.oid = role.oid
    THEN format('The role %I %s, so it sees the rows of all tenants: ALTER ROLE %1$I %3$s;', role.name,
                CASE WHEN rolsuper THEN 'is a superuser' ELSE 'has BYPASSRLS' END,
                CASE WHEN rolsuper THEN 'NOSUPERUSER' ELSE 'NOBYPASSRLS' END)
    ELSE format('The role %I may SET ROLE %I, which sees the rows of all tenants: REVOKE %2$I FROM %1$I;',
                role.name, powerful.rolname)
    END
  FROM role, pg_roles powerful
  -- A superuser may take every role, which says nothing new.
  WHERE (rolsuper OR rolbypassrls) AND (powerful.oid = role.oid OR NOT super)
    AND pg_has_role(role.oid, powerful.oid, 'MEMBER')

  UNION ALL
  SELECT format('The role %I owns the table %s or may SET ROLE to its owner, so it can drop the policies: '
                'let a role own the table that no program logs in with.', role.name, tenant_table.name)
  FROM role, tenant_table WHERE NOT super AND pg_has_role(role.oid, owner, 'MEMBER')

  UNION ALL
  SELECT format('The table %s has no row-level security: ALTER TABLE %1$s ENABLE ROW LEVEL SECURITY;', name)
  FROM tenant_table WHERE NOT relrowsecurity

  UNION ALL
  SELECT format('Row-level security of the table %s does not hold for its owner: '
                'ALTER TABLE %1$s FORCE ROW LEVEL SECURITY;', name)
  FROM tenant_table WHERE NOT relforcerowsecurity

  UNION ALL
  SELECT format('The table %s has no restrictive policy for ALL commands that compares tenant_id with app.tenant_id, '
                'for the role %I: create it as in 2-orders.sql.', tenant_table.name, role.name)
  FROM role, tenant_table
  WHERE NOT EXISTS (
    SELECT FROM pg_policy
    WHERE polrelid = tenant_table.oid AND NOT polpermissive AND polcmd = '*'
      AND EXISTS (SELECT FROM unnest(polroles) r WHERE r = 0 OR pg_has_role(role.oid, r, 'USAGE'))
      AND pg_get_expr(polqual, polrelid)
          = $$(tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))$$
      AND coalesce(pg_get_expr(polwithcheck, polrelid) = pg_get_expr(polqual, polrelid), true))

  UNION ALL
  SELECT format('The role %I may TRUNCATE the table %s, which ignores policies: REVOKE TRUNCATE ON %2$s FROM %1$I;',
                role.name, tenant_table.name)
  FROM role, tenant_table
  WHERE NOT pg_has_role(role.oid, owner, 'MEMBER') AND has_table_privilege(tenant_table.oid, 'TRUNCATE')

  UNION ALL
  SELECT format('The unique key %s of the table %s does not begin with tenant_id, so "duplicate key" tells what other '
                'tenants have: make tenant_id its first column.', indexrelid::regclass, name)
  FROM tenant_table JOIN pg_index ON indrelid = oid WHERE indisunique AND indkey[0] <> tenant_column

  UNION ALL
  SELECT format('The foreign key %I of the table %s can name a row of another tenant, because foreign keys ignore '
                'policies: let tenant_id be part of it.', conname, conrelid::regclass)
  FROM pg_constraint JOIN tenant_table ON confrelid = tenant_table.oid
  WHERE contype = 'f' AND NOT EXISTS (
    SELECT FROM unnest(conkey, confkey) AS pair (column_here, column_there)
    JOIN pg_attribute ON attrelid = conrelid AND attnum = column_here
    WHERE attname = 'tenant_id' AND column_there = tenant_column)

  UNION ALL
  SELECT format('The exclusion constraint %I of the table %s does not compare tenant_id, so "conflicting key value" tells '
                'what other tenants have: add tenant_id WITH =.', conname, conrelid::regclass)
  FROM pg_constraint JOIN tenant_table ON conrelid = tenant_table.oid
  WHERE contype = 'x' AND NOT EXISTS (
    SELECT FROM unnest(conkey, conexclop) AS pair (attnum, operator)
    JOIN pg_operator ON pg_operator.oid = operator
    WHERE attnum = tenant_column AND oprname = '=')

  UNION ALL
  SELECT format('The foreign table %s has rows of all tenants, and can have no policies: REVOKE ALL ON %1$s FROM %2$I;',
                c.oid::regclass, role.name)
  FROM role, pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
  WHERE c.relkind = 'f' AND has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')

  UNION ALL
  SELECT CASE relkind
    WHEN 'v' THEN format('The view %s reads with the rights of its owner: ALTER VIEW %1$s SET (security_invoker = true);',
                         c.oid::regclass)
    ELSE format('The materialized view %s has rows of all tenants, and can have no policies: REVOKE ALL ON %1$s FROM %2$I;',
                c.oid::regclass, role.name)
    END
  FROM role, reader JOIN pg_class c USING (oid)
  WHERE has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
    AND (relkind = 'm' OR relkind = 'v' AND NOT EXISTS (
      SELECT FROM pg_options_to_table(reloptions)
      WHERE option_name = 'security_invoker' AND option_value::boolean))

  UNION ALL
  SELECT format('The function %s runs with the rights of its owner %I: ALTER FUNCTION %1$s SECURITY INVOKER;',
                p.oid::regprocedure, pg_get_userbyid(proowner))
  FROM role, pg_proc p
  WHERE prosecdef AND has_function_privilege(p.oid, 'EXECUTE') AND proowner <> role.oid
    AND pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
)
SELECT text FROM finding ORDER BY text
