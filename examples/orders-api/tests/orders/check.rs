//! `orders-api --check-database` finds what it says it finds: each row makes one fault, and expects one sentence.

use orders_api::Database;

use crate::server::{TestDatabase, database};

#[tokio::test]
async fn the_migration_has_no_findings() {
    assert_eq!(database!().pool(1).check().await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_database_without_tenants_is_a_finding() {
    let database = database!();
    database.superuser().await.batch_execute("DROP TABLE orders").await.unwrap();

    let expected = "No table of this database has a column tenant_id. Is it the right database?";
    assert_eq!(database.pool(1).check().await.unwrap(), [expected]);
}

#[tokio::test]
async fn a_table_without_row_security_is_found() {
    let fault = "ALTER TABLE orders DISABLE ROW LEVEL SECURITY";
    finds(fault, "The table orders has no row-level security: ALTER TABLE orders ENABLE ROW LEVEL SECURITY;")
        .await;
}

#[tokio::test]
async fn row_security_that_is_not_forced_is_found() {
    let fault = "ALTER TABLE orders NO FORCE ROW LEVEL SECURITY";
    let expected = "Row-level security of the table orders does not hold for its owner: \
                    ALTER TABLE orders FORCE ROW LEVEL SECURITY;";
    finds(fault, expected).await;
}

#[tokio::test]
async fn a_missing_or_weak_tenant_policy_is_found() {
    let expression = "(tenant_id = nullif(current_setting('app.tenant_id', true), ''))";
    let policies = [
        // None.
        String::new(),
        format!("CREATE POLICY tenant ON orders AS PERMISSIVE TO orders_app USING {expression}"),
        format!("CREATE POLICY tenant ON orders AS RESTRICTIVE FOR SELECT TO orders_app USING {expression}"),
        format!("CREATE POLICY tenant ON orders AS RESTRICTIVE TO orders_owner USING {expression}"),
        format!("CREATE POLICY tenant ON orders AS RESTRICTIVE USING {expression} WITH CHECK (true)"),
        format!("CREATE POLICY tenant ON orders AS RESTRICTIVE USING ({expression} OR item = 'anvil')"),
        "CREATE POLICY tenant ON orders AS RESTRICTIVE USING (tenant_id = current_setting('app.tenant'))"
            .to_owned(),
    ];
    let expected = "The table orders has no restrictive policy for ALL commands that compares tenant_id with \
                    app.tenant_id, for the role orders_app: create it as in 2-orders.sql.";
    for policy in policies {
        finds(&format!("DROP POLICY tenant ON orders; {policy}"), expected).await;
    }
    // For everybody, and without WITH CHECK, is as good.
    let database = database!();
    let good = format!(
        "DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders AS RESTRICTIVE USING {expression}"
    );
    database.superuser().await.batch_execute(&good).await.unwrap();
    assert_eq!(database.pool(1).check().await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_grant_of_truncate_is_found() {
    let expected = "The role orders_app may TRUNCATE the table orders, which ignores policies: \
                    REVOKE TRUNCATE ON orders FROM orders_app;";
    finds("GRANT TRUNCATE ON orders TO orders_app", expected).await;
}

#[tokio::test]
async fn a_unique_key_that_does_not_begin_with_the_tenant_is_found() {
    let expected = "The unique key by_item of the table orders does not begin with tenant_id, so \"duplicate key\" \
                    tells what other tenants have: make tenant_id its first column.";
    for columns in ["item", "item, tenant_id", "lower(item)"] {
        finds(&format!("CREATE UNIQUE INDEX by_item ON orders ({columns})"), expected).await;
    }
}

#[tokio::test]
async fn a_foreign_key_without_the_tenant_is_found() {
    let lines = "CREATE TABLE lines (tenant_id text, of_tenant text, order_id uuid)";
    let database = database!();
    let policies = "ALTER TABLE lines ENABLE ROW LEVEL SECURITY; ALTER TABLE lines FORCE ROW LEVEL SECURITY;
        CREATE POLICY tenant ON lines AS RESTRICTIVE USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''))";
    let superuser = database.superuser().await;
    superuser.batch_execute(&format!("{lines}; {policies}")).await.unwrap();
    let good = "ALTER TABLE lines ADD CONSTRAINT good FOREIGN KEY (order_id, tenant_id) REFERENCES orders (id, tenant_id)";
    superuser.batch_execute("CREATE UNIQUE INDEX turned ON orders (tenant_id, id)").await.unwrap();
    superuser.batch_execute(good).await.unwrap();
    assert_eq!(database.pool(1).check().await.unwrap(), [""; 0]);

    let other = "ALTER TABLE lines ADD CONSTRAINT other FOREIGN KEY (of_tenant, order_id) REFERENCES orders";
    superuser.batch_execute(other).await.unwrap();

    let expected = "The foreign key other of the table lines can name a row of another tenant, because foreign keys \
                    ignore policies: let tenant_id be part of it.";
    assert_eq!(database.pool(1).check().await.unwrap(), [expected]);
}

#[tokio::test]
async fn a_view_with_its_owners_rights_is_found() {
    let expected = "The view items reads with the rights of its owner: \
                    ALTER VIEW items SET (security_invoker = true);";
    let view = "CREATE VIEW items AS SELECT item FROM orders; GRANT SELECT ON items TO orders_app";
    finds(view, expected).await;
    finds(&format!("{view}; ALTER VIEW items SET (security_invoker = false)"), expected).await;
    let through_another = "CREATE VIEW inner_items AS SELECT item FROM orders;
        CREATE VIEW items AS SELECT item FROM inner_items; GRANT SELECT ON items TO orders_app";
    finds(through_another, expected).await;

    let database = database!();
    let good = format!(
        "{view}; ALTER VIEW items SET (security_invoker = on); CREATE VIEW other AS SELECT 1;
        GRANT SELECT ON other TO orders_app; CREATE VIEW not_granted AS SELECT item FROM orders"
    );
    database.superuser().await.batch_execute(&good).await.unwrap();
    assert_eq!(database.pool(1).check().await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_materialized_view_is_found() {
    let fault =
        "CREATE MATERIALIZED VIEW items AS SELECT item FROM orders; GRANT SELECT ON items TO orders_app";
    let expected = "The materialized view items has rows of all tenants, and can have no policies: \
                    REVOKE ALL ON items FROM orders_app;";
    finds(fault, expected).await;
}

#[tokio::test]
async fn a_security_definer_function_is_found() {
    let fault = "CREATE FUNCTION items(tenant text) RETURNS SETOF text SECURITY DEFINER LANGUAGE sql
        AS 'SELECT item FROM public.orders'; ALTER FUNCTION items OWNER TO orders_owner";
    let expected = "The function items(text) runs with the rights of its owner orders_owner: \
                    ALTER FUNCTION items(text) SECURITY INVOKER;";
    finds(fault, expected).await;

    let database = database!();
    let good = format!("{fault}; REVOKE EXECUTE ON FUNCTION items FROM PUBLIC");
    database.superuser().await.batch_execute(&good).await.unwrap();
    assert_eq!(database.pool(1).check().await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_role_with_too_much_power_is_found() {
    let database = database!();
    let superuser = database.superuser().await;
    let powerful = database.role("BYPASSRLS").await;
    let rows = [
        ("SUPERUSER", "The role <role> is a superuser, so it sees the rows of all tenants: ALTER ROLE <role> NOSUPERUSER;".to_owned()),
        ("BYPASSRLS", "The role <role> has BYPASSRLS, so it sees the rows of all tenants: ALTER ROLE <role> NOBYPASSRLS;".to_owned()),
        (
            &format!("NOINHERIT IN ROLE {powerful}"),
            format!("The role <role> may SET ROLE {powerful}, which sees the rows of all tenants: REVOKE {powerful} FROM <role>;"),
        ),
        (
            "NOINHERIT IN ROLE orders_owner",
            "The role <role> owns the table orders or may SET ROLE to its owner, so it can drop the policies: let a role \
             own the table that no program logs in with.".to_owned(),
        ),
    ];
    superuser.batch_execute("ALTER POLICY tenant ON orders TO PUBLIC").await.unwrap();
    for (number, (attributes, expected)) in rows.into_iter().enumerate() {
        let role = format!("{powerful}_{number}");
        superuser.batch_execute(&format!("CREATE ROLE {role} LOGIN {attributes}")).await.unwrap();

        let found = Database::new(database.address_of(&role), 1).unwrap().check().await.unwrap();

        assert_eq!(found, [expected.replace("<role>", &role)], "{attributes}");
    }
}

/// This fault, and nothing else.
async fn finds(fault: &str, expected: &str) {
    let database: TestDatabase = database!();
    database.superuser().await.batch_execute(fault).await.unwrap();
    assert_eq!(database.pool(1).check().await.unwrap(), [expected], "{fault}");
}
