//! What PostgreSQL does, and why the migration is as it is. The table in `docs/isolation.md` names these tests.

use tokio_postgres::{Client, SimpleQueryMessage, error::SqlState};

use crate::server::{connect, database};

/// An order each of two tenants. Both orders have the same id: ids are unique within a tenant.
const ORDERS: &str = "INSERT INTO orders VALUES
    ('acme', '00000000-0000-0000-0000-000000000001', 'anvil'),
    ('globex', '00000000-0000-0000-0000-000000000001', 'hammock')";

/// A database with these orders, or the end of the test where there is no PostgreSQL.
macro_rules! with_orders {
    () => {{
        let database = database!();
        database.superuser().await.batch_execute(ORDERS).await.unwrap();
        database
    }};
}

#[tokio::test]
async fn the_policy_that_casts_to_uuid_fails_with_our_ids() {
    let database = database!();
    let copied = "CREATE TABLE copied (tenant_id uuid);
        ALTER TABLE copied ENABLE ROW LEVEL SECURITY;
        CREATE POLICY copied ON copied USING (tenant_id = current_setting('app.current_tenant_id')::uuid);
        GRANT SELECT ON copied TO orders_app;
        INSERT INTO copied VALUES (gen_random_uuid())";
    database.superuser().await.batch_execute(copied).await.unwrap();
    let app = database.app().await;
    app.batch_execute("SET app.current_tenant_id = 'acme'").await.unwrap();

    let error = app.query("SELECT * FROM copied", &[]).await.unwrap_err();

    assert_eq!(error.as_db_error().unwrap().message(), r#"invalid input syntax for type uuid: "acme""#);
}

#[tokio::test]
async fn a_setting_is_missing_at_first_and_empty_after_a_transaction_that_made_it() {
    let database = with_orders!();
    let app = database.app().await;

    let strict = app.query("SELECT current_setting('app.tenant_id')", &[]).await.unwrap_err();
    assert_eq!(strict.code(), Some(&SqlState::UNDEFINED_OBJECT));
    assert_eq!(items(&app).await, [""; 0]);

    app.batch_execute("BEGIN; SELECT set_config('app.tenant_id', 'acme', true); COMMIT").await.unwrap();
    let afterwards = app.query_one("SELECT current_setting('app.tenant_id')", &[]).await.unwrap();
    assert_eq!(afterwards.get::<_, &str>(0), "");
    assert_eq!(items(&app).await, [""; 0]);
}

#[tokio::test]
async fn the_owner_sees_all_rows_unless_row_security_is_forced() {
    let database = with_orders!();
    let owner = database.superuser().await;
    owner.batch_execute("SET ROLE orders_owner").await.unwrap();
    assert_eq!(items(&owner).await, [""; 0]);

    owner.batch_execute("ALTER TABLE orders NO FORCE ROW LEVEL SECURITY").await.unwrap();

    assert_eq!(items(&owner).await, ["anvil", "hammock"]);
}

#[tokio::test]
async fn superusers_and_roles_with_bypassrls_see_all_rows() {
    let database = with_orders!();
    let bypass = database.role("BYPASSRLS IN ROLE orders_app").await;

    assert_eq!(items(&database.superuser().await).await, ["anvil", "hammock"]);
    assert_eq!(items(&connect(&database.address_of(&bypass)).await).await, ["anvil", "hammock"]);
}

#[tokio::test]
async fn a_tenant_that_is_set_for_the_session_stays_for_the_next_request() {
    let database = with_orders!();
    let connection = database.app().await;

    connection.batch_execute("BEGIN; SET app.tenant_id = 'acme'; COMMIT").await.unwrap();

    assert_eq!(items(&connection).await, ["anvil"]);
}

#[tokio::test]
async fn set_local_outside_a_transaction_shows_no_rows() {
    let database = with_orders!();
    let app = database.app().await;

    app.batch_execute("SET LOCAL app.tenant_id = 'acme'").await.unwrap();

    assert_eq!(items(&app).await, [""; 0]);
}

#[tokio::test]
async fn a_row_of_another_tenant_cannot_be_written() {
    let database = with_orders!();
    let policies = [
        "SELECT 'as in the migration'",
        // Without WITH CHECK, USING holds for new rows, too.
        "DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders AS RESTRICTIVE TO orders_app
         USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''))",
    ];
    for policy in policies {
        database.superuser().await.batch_execute(policy).await.unwrap();
        for write in [
            "INSERT INTO orders VALUES ('globex', gen_random_uuid(), 'anvil')",
            "UPDATE orders SET tenant_id = 'globex'",
        ] {
            let acme = database.app().await;
            set_tenant(&acme, "acme").await;
            let error = acme.execute(write, &[]).await.unwrap_err();
            assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{policy}: {write}");
        }
        let acme = database.app().await;
        set_tenant(&acme, "acme").await;
        assert_eq!(
            acme.execute("DELETE FROM orders WHERE item = 'hammock'", &[]).await.unwrap(),
            0,
            "{policy}"
        );
    }
}

#[tokio::test]
async fn a_unique_key_without_the_tenant_tells_what_others_have() {
    let database = with_orders!();
    let acme = database.app().await;
    let insert = "INSERT INTO orders (id, item) VALUES (gen_random_uuid(), 'hammock')";

    database
        .superuser()
        .await
        .batch_execute("ALTER TABLE orders ADD UNIQUE (tenant_id, item)")
        .await
        .unwrap();
    set_tenant(&acme, "acme").await;
    acme.batch_execute(&format!("{insert}; ROLLBACK")).await.unwrap();

    database.superuser().await.batch_execute("ALTER TABLE orders ADD UNIQUE (item)").await.unwrap();
    set_tenant(&acme, "acme").await;
    let error = acme.batch_execute(insert).await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::UNIQUE_VIOLATION));
}

#[tokio::test]
async fn a_view_shows_its_owners_rows_unless_it_is_security_invoker() {
    let database = with_orders!();
    let superuser = database.superuser().await;
    superuser.batch_execute("CREATE VIEW items AS SELECT item FROM orders").await.unwrap();
    superuser.batch_execute("GRANT SELECT ON items TO orders_app").await.unwrap();
    let app = database.app().await;
    let count = async || app.query("SELECT item FROM items", &[]).await.unwrap().len();
    assert_eq!(count().await, 2);

    superuser.batch_execute("ALTER VIEW items SET (security_invoker = true)").await.unwrap();

    assert_eq!(count().await, 0);
}

#[tokio::test]
async fn a_security_definer_function_shows_its_owners_rows() {
    let database = with_orders!();
    let function = "CREATE FUNCTION items() RETURNS SETOF text SECURITY DEFINER
        LANGUAGE sql AS 'SELECT item FROM public.orders'";
    let superuser = database.superuser().await;
    superuser.batch_execute(function).await.unwrap();
    let app = database.app().await;
    let count = async || app.query("SELECT items()", &[]).await.unwrap().len();
    assert_eq!(count().await, 2);

    superuser.batch_execute("ALTER FUNCTION items() SECURITY INVOKER").await.unwrap();

    assert_eq!(count().await, 0);
}

#[tokio::test]
async fn a_second_permissive_policy_widens_a_permissive_one_and_not_a_restrictive_one() {
    let database = with_orders!();
    let superuser = database.superuser().await;
    superuser.batch_execute("CREATE POLICY support ON orders USING (true)").await.unwrap();
    let acme = database.app().await;
    set_tenant(&acme, "acme").await;
    assert_eq!(items(&acme).await, ["anvil"]);
    acme.batch_execute("COMMIT").await.unwrap();

    let permissive = "DROP POLICY everybody ON orders; DROP POLICY tenant ON orders;
        CREATE POLICY tenant ON orders USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''))";
    superuser.batch_execute(permissive).await.unwrap();

    set_tenant(&acme, "acme").await;
    assert_eq!(items(&acme).await, ["anvil", "hammock"]);
}

#[tokio::test]
async fn a_prepared_statement_reads_the_tenant_when_it_runs() {
    let database = with_orders!();
    let app = database.app().await;
    let statement = app.prepare("SELECT item FROM orders").await.unwrap();
    for plan in ["force_custom_plan", "force_generic_plan"] {
        for (tenant, item) in [("acme", "anvil"), ("globex", "hammock"), ("acme", "anvil")] {
            set_tenant(&app, tenant).await;
            app.batch_execute(&format!("SET LOCAL plan_cache_mode = {plan}")).await.unwrap();
            let found = app.query_one(&statement, &[]).await.unwrap();
            app.batch_execute("COMMIT").await.unwrap();
            assert_eq!(found.get::<_, &str>(0), item, "{plan}");
        }
    }
}

#[tokio::test]
async fn a_savepoint_that_is_rolled_back_brings_the_tenant_back() {
    let database = with_orders!();
    let app = database.app().await;
    set_tenant(&app, "acme").await;

    app.batch_execute("SAVEPOINT s; SELECT set_config('app.tenant_id', 'globex', true)").await.unwrap();
    assert_eq!(items(&app).await, ["hammock"]);
    app.batch_execute("ROLLBACK TO s").await.unwrap();

    assert_eq!(items(&app).await, ["anvil"]);
}

#[tokio::test]
async fn truncate_ignores_policies_and_is_not_granted() {
    let database = with_orders!();
    let superuser = database.superuser().await;
    let acme = database.app().await;
    let error = acme.batch_execute("TRUNCATE orders").await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));

    superuser.batch_execute("GRANT TRUNCATE ON orders TO orders_app").await.unwrap();
    acme.batch_execute("TRUNCATE orders").await.unwrap();

    assert_eq!(items(&superuser).await, [""; 0]);
}

#[tokio::test]
async fn sql_injection_can_choose_the_tenant_and_a_parameter_cannot() {
    let database = with_orders!();
    let acme = database.app().await;
    let input = "x'; SELECT set_config('app.tenant_id', 'globex', true); SELECT item FROM orders --";
    set_tenant(&acme, "acme").await;

    let injected = format!("SELECT item FROM orders WHERE item = '{input}'");
    let answers = acme.simple_query(&injected).await.unwrap();
    let found = answers.iter().filter_map(|answer| match answer {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    assert!(found.into_iter().any(|item| item == "hammock"));
    acme.batch_execute("ROLLBACK").await.unwrap();

    set_tenant(&acme, "acme").await;
    assert!(acme.query("SELECT item FROM orders WHERE item = $1", &[&input]).await.unwrap().is_empty());
    assert_eq!(items(&acme).await, ["anvil"]);
}

#[tokio::test]
async fn the_policy_is_a_condition_of_the_index() {
    let database = with_orders!();
    let many = "INSERT INTO orders SELECT 'tenant-' || n % 100, gen_random_uuid(), 'anvil' FROM generate_series(1, 20000) n;
        ANALYZE orders";
    database.superuser().await.batch_execute(many).await.unwrap();
    let app = database.app().await;
    app.batch_execute("PREPARE find (uuid) AS SELECT item FROM orders WHERE id = $1").await.unwrap();
    for plan in ["force_custom_plan", "force_generic_plan"] {
        set_tenant(&app, "tenant-7").await;
        app.batch_execute(&format!("SET LOCAL plan_cache_mode = {plan}")).await.unwrap();
        let explained =
            app.simple_query("EXPLAIN EXECUTE find ('00000000-0000-0000-0000-000000000001')").await.unwrap();
        app.batch_execute("COMMIT").await.unwrap();

        let condition = explained.iter().find_map(|line| match line {
            SimpleQueryMessage::Row(row) => row.get(0).filter(|line| line.contains("Index Cond")),
            _ => None,
        });
        let condition = condition.unwrap_or_else(|| panic!("{plan}: {explained:?}"));
        assert!(
            condition.contains("tenant_id = NULLIF(current_setting('app.tenant_id'"),
            "{plan}: {condition}"
        );
        assert!(condition.contains("id ="), "{plan}: {condition}");
    }
}

/// Begins a transaction in this tenant.
async fn set_tenant(client: &Client, tenant: &str) {
    client.batch_execute("BEGIN").await.unwrap();
    client.execute("SELECT set_config('app.tenant_id', $1, true)", &[&tenant]).await.unwrap();
}

async fn items(client: &Client) -> Vec<String> {
    let rows = client.query("SELECT item FROM orders ORDER BY item", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
