//! `orders-api --check-database` finds each fault that it claims to find, and says what to do.

use tokio_postgres::Client;

use crate::server::database;

const TENANT: &str = "(tenant_id = nullif(current_setting('app.tenant_id', true), ''))";

#[tokio::test]
async fn the_migration_has_no_findings() {
    assert_eq!(database!().pool(1).check().await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_database_without_tenants_is_a_finding() {
    let superuser = database!().superuser().await;
    let expected = "No table of this database has a column tenant_id. Is it the right database?";
    assert_eq!(findings(&superuser, "DROP TABLE orders").await, [expected]);
}

#[tokio::test]
async fn row_security_that_is_off_or_not_forced_is_found() {
    let superuser = database!().superuser().await;
    let off = "The table orders has no row-level security: ALTER TABLE orders ENABLE ROW LEVEL SECURITY;";
    assert_eq!(findings(&superuser, "ALTER TABLE orders DISABLE ROW LEVEL SECURITY").await, [off]);

    let not_forced = "Row-level security of the table orders does not hold for its owner: \
                      ALTER TABLE orders FORCE ROW LEVEL SECURITY;";
    assert_eq!(findings(&superuser, "ALTER TABLE orders NO FORCE ROW LEVEL SECURITY").await, [not_forced]);
}

#[tokio::test]
async fn a_missing_or_weak_tenant_policy_is_found() {
    let superuser = database!().superuser().await;
    let expected = "The table orders has no restrictive policy for ALL commands that compares tenant_id with \
                    app.tenant_id, for the role orders_app: create it as in 2-orders.sql.";
    let weak = [
        format!("AS PERMISSIVE TO orders_app USING {TENANT}"),
        format!("AS RESTRICTIVE FOR SELECT TO orders_app USING {TENANT}"),
        format!("AS RESTRICTIVE TO orders_owner USING {TENANT}"),
        format!("AS RESTRICTIVE USING {TENANT} WITH CHECK (true)"),
        format!("AS RESTRICTIVE USING ({TENANT} OR item = 'anvil')"),
        "AS RESTRICTIVE USING (tenant_id = current_setting('app.tenant'))".to_owned(),
    ];
    assert_eq!(findings(&superuser, "DROP POLICY tenant ON orders").await, [expected]);
    for policy in weak {
        let fault = format!("DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders {policy}");
        assert_eq!(findings(&superuser, &fault).await, [expected], "{policy}");
    }

    let as_good = format!(
        "DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders AS RESTRICTIVE TO PUBLIC USING {TENANT}"
    );
    assert_eq!(findings(&superuser, &as_good).await, [""; 0]);
}

#[tokio::test]
async fn a_grant_of_truncate_is_found() {
    let superuser = database!().superuser().await;
    let expected = "The role orders_app may TRUNCATE the table orders, which ignores policies: \
                    REVOKE TRUNCATE ON orders FROM orders_app;";
    assert_eq!(findings(&superuser, "GRANT TRUNCATE ON orders TO orders_app").await, [expected]);
}

#[tokio::test]
async fn a_unique_key_that_does_not_begin_with_the_tenant_is_found() {
    let superuser = database!().superuser().await;
    let expected = "The unique key by_item of the table orders does not begin with tenant_id, so \"duplicate key\" \
                    tells what other tenants have: make tenant_id its first column.";
    for columns in ["item", "item, tenant_id", "lower(item)"] {
        let fault = format!("CREATE UNIQUE INDEX by_item ON orders ({columns})");
        assert_eq!(findings(&superuser, &fault).await, [expected], "{columns}");
    }
    assert_eq!(
        findings(&superuser, "CREATE UNIQUE INDEX by_item ON orders (tenant_id, item)").await,
        [""; 0]
    );
}

#[tokio::test]
async fn an_exclusion_constraint_without_the_tenant_is_found() {
    let superuser = database!().superuser().await;
    let expected = "The exclusion constraint one_each of the table orders does not compare tenant_id, so \"conflicting \
                    key value\" tells what other tenants have: add tenant_id WITH =.";
    let fault = |columns| {
        format!("ALTER TABLE orders ADD CONSTRAINT one_each EXCLUDE USING btree ({columns} WITH =)")
    };
    assert_eq!(findings(&superuser, &fault("item")).await, [expected]);
    assert_eq!(findings(&superuser, &fault("tenant_id WITH =, item")).await, [""; 0]);
}

#[tokio::test]
async fn a_foreign_table_is_found() {
    let superuser = database!().superuser().await;
    let expected = "The foreign table elsewhere has rows of all tenants, and can have no policies: \
                    REVOKE ALL ON elsewhere FROM orders_app;";
    let fault = "CREATE FOREIGN DATA WRAPPER wrapper; CREATE SERVER server FOREIGN DATA WRAPPER wrapper; \
                 CREATE FOREIGN TABLE elsewhere (tenant_id text, item text) SERVER server";
    assert_eq!(findings(&superuser, fault).await, [""; 0], "the role may not read it");
    let fault = format!("{fault}; GRANT SELECT ON elsewhere TO orders_app");
    assert_eq!(findings(&superuser, &fault).await, [expected]);
}

#[tokio::test]
async fn a_foreign_key_without_the_tenant_is_found() {
    let superuser = database!().superuser().await;
    let expected = "The foreign key of_order of the table lines can name a row of another tenant, because foreign keys \
                    ignore policies: let tenant_id be part of it.";
    for (columns, expected) in [("(seller, id)", [expected].as_slice()), ("(tenant_id, id)", &[])] {
        let lines = format!(
            "CREATE TABLE lines (tenant_id text, seller text, id uuid,
               CONSTRAINT of_order FOREIGN KEY {columns} REFERENCES orders (tenant_id, id));
             ALTER TABLE lines ENABLE ROW LEVEL SECURITY;
             ALTER TABLE lines FORCE ROW LEVEL SECURITY;
             CREATE POLICY tenant ON lines AS RESTRICTIVE USING {TENANT}"
        );
        assert_eq!(findings(&superuser, &lines).await, expected, "{columns}");
    }
}

#[tokio::test]
async fn a_view_with_its_owners_rights_is_found() {
    let superuser = database!().superuser().await;
    let expected = "The view items reads with the rights of its owner: \
                    ALTER VIEW items SET (security_invoker = true);";
    let view = "CREATE VIEW items AS SELECT item FROM orders; GRANT SELECT ON items TO orders_app";
    let of_a_view = "CREATE VIEW inner_items AS SELECT item FROM orders;
        CREATE VIEW items AS SELECT item FROM inner_items; GRANT SELECT ON items TO orders_app";
    let off = format!("{view}; ALTER VIEW items SET (security_invoker = false)");
    for fault in [view, of_a_view, &off] {
        assert_eq!(findings(&superuser, fault).await, [expected], "{fault}");
    }

    let on = format!("{view}; ALTER VIEW items SET (security_invoker = on)");
    let not_granted = "CREATE VIEW items AS SELECT item FROM orders";
    let of_no_tenant = "CREATE VIEW one AS SELECT 1; GRANT SELECT ON one TO orders_app";
    for good in [&on, not_granted, of_no_tenant] {
        assert_eq!(findings(&superuser, good).await, [""; 0], "{good}");
    }
}

#[tokio::test]
async fn a_materialized_view_is_found() {
    let superuser = database!().superuser().await;
    let fault =
        "CREATE MATERIALIZED VIEW items AS SELECT item FROM orders; GRANT SELECT ON items TO orders_app";
    let expected = "The materialized view items has rows of all tenants, and can have no policies: \
                    REVOKE ALL ON items FROM orders_app;";
    assert_eq!(findings(&superuser, fault).await, [expected]);
}

#[tokio::test]
async fn a_security_definer_function_is_found() {
    let superuser = database!().superuser().await;
    let fault = "CREATE FUNCTION items(tenant text) RETURNS SETOF text SECURITY DEFINER LANGUAGE sql
        AS 'SELECT item FROM public.orders'; ALTER FUNCTION items OWNER TO orders_owner";
    let expected = "The function items(text) runs with the rights of its owner orders_owner: \
                    ALTER FUNCTION items(text) SECURITY INVOKER;";
    assert_eq!(findings(&superuser, fault).await, [expected]);

    let not_granted = format!("{fault}; REVOKE EXECUTE ON FUNCTION items FROM PUBLIC");
    assert_eq!(findings(&superuser, &not_granted).await, [""; 0]);
}

#[tokio::test]
async fn a_role_with_too_much_power_is_found() {
    let superuser = database!().superuser().await;
    let rows = [
        (
            "ALTER ROLE orders_app SUPERUSER",
            "The role orders_app is a superuser, so it sees the rows of all tenants: ALTER ROLE orders_app NOSUPERUSER;",
        ),
        (
            "ALTER ROLE orders_app BYPASSRLS",
            "The role orders_app has BYPASSRLS, so it sees the rows of all tenants: ALTER ROLE orders_app NOBYPASSRLS;",
        ),
        (
            "CREATE ROLE support BYPASSRLS; GRANT support TO orders_app",
            "The role orders_app may SET ROLE support, which sees the rows of all tenants: \
             REVOKE support FROM orders_app;",
        ),
        (
            "GRANT orders_owner TO orders_app",
            "The role orders_app owns the table orders or may SET ROLE to its owner, so it can drop the policies: let a \
             role own the table that no program logs in with.",
        ),
    ];
    for (fault, expected) in rows {
        assert_eq!(findings(&superuser, fault).await, [expected], "{fault}");
    }
}

/// What the service's role finds after this change, which is then taken back.
async fn findings(superuser: &Client, change: &str) -> Vec<String> {
    superuser.batch_execute(&format!("BEGIN; {change}; SET LOCAL ROLE orders_app")).await.unwrap();
    let findings = superuser.query(include_str!("../../database/check.sql"), &[]).await.unwrap();
    superuser.batch_execute("ROLLBACK").await.unwrap();
    findings.iter().map(|row| row.get(0)).collect()
}
