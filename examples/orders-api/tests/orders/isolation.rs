//! The service's own way to the database, under load and when requests end badly.

use std::{collections::BTreeMap, time::Duration};

use orders_api::Database;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    http::{begin, send, serve},
    server::database,
    tokens::{access_token, verified},
};

const TENANTS: usize = 20;
const CALLERS_OF_A_TENANT: usize = 2;
const ROUNDS: usize = 5;

/// 40 callers at the same time on 4 connections, with 5 rounds of 5 requests each. Once a round, another request is given up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_interleaved_requests_of_twenty_tenants_see_only_their_own_orders() {
    let database = database!();
    let superuser = database.superuser().await;
    let seed = "INSERT INTO orders SELECT 'tenant-' || n, ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid,
        'seed of tenant-' || n || '.' FROM generate_series(1, 20) n";
    superuser.batch_execute(seed).await.unwrap();
    let api = serve(database.pool(4)).await;

    let mut callers = JoinSet::new();
    for number in (1..=TENANTS).cycle().take(TENANTS * CALLERS_OF_A_TENANT) {
        callers.spawn(async move {
            let tenant = format!("tenant-{number}");
            let token = access_token(&tenant);
            let foreign = format!("/orders/00000000-0000-0000-0000-{:012}", number % TENANTS + 1);
            for _ in 0..ROUNDS {
                drop(begin(api, &token, &format!("DELETE {foreign}"), "").await);
                let added = send(api, &token, "POST /orders", &format!(r#"{{"item":"of {tenant}."}}"#)).await;
                assert_eq!(added.status, 201, "{}", added.body);
                let own = added.json();

                let listed = send(api, &token, "GET /orders", "").await.json();
                let listed = listed.as_array().unwrap();
                assert!(listed.contains(&own));
                for order in listed {
                    let item = order["item"].as_str().unwrap();
                    assert!(item.ends_with(&format!("of {tenant}.")), "{tenant}: {order}");
                }
                let path = format!("/orders/{}", own["id"].as_str().unwrap());
                assert_eq!(send(api, &token, &format!("GET {path}"), "").await.json(), own);
                assert_eq!(send(api, &token, &format!("GET {foreign}"), "").await.status, 404, "{tenant}");
                assert_eq!(send(api, &token, &format!("DELETE {foreign}"), "").await.status, 404, "{tenant}");
            }
        });
    }
    callers.join_all().await;

    let counted =
        "SELECT tenant_id, item LIKE '%of ' || tenant_id || '.', count(*) FROM orders GROUP BY 1, 2";
    let counts = superuser.query(counted, &[]).await.unwrap();
    let counts: BTreeMap<(String, bool), i64> =
        counts.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect();
    let expected = (1..=TENANTS).map(|number| ((format!("tenant-{number}"), true), 1 + 2 * 5)).collect();
    assert_eq!(counts, expected);
}

#[tokio::test]
async fn a_request_that_is_given_up_leaves_a_clean_connection() {
    let database = database!();
    let (pool, superuser, acme) = (database.pool(1), database.superuser().await, verified("acme").await);
    let first = backend(&pool).await;
    // The pool waits 2 s for a query that still runs. Then it takes another connection.
    for (query, same_connection) in [("SELECT pg_sleep(0.5)", true), ("SELECT pg_sleep(60)", false)] {
        let request = pool.in_tenant(&acme, async |tx| {
            tx.execute("INSERT INTO orders (id, item) VALUES (gen_random_uuid(), 'anvil')", &[]).await?;
            tx.execute(query, &[]).await
        });
        let is_running = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query = $1";
        let is_running = async {
            while superuser.query(is_running, &[&query]).await.unwrap().is_empty() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::select! {
            ended = request => panic!("{query} should still run: {ended:?}"),
            () = is_running => (),
        }

        assert_eq!(state(&pool, "globex").await, clean("globex"), "{query}");
        assert_eq!(state(&pool, "acme").await, clean("acme"), "{query}: rolled back");
        assert_eq!(backend(&pool).await == first, same_connection, "{query}");
    }
}

#[tokio::test]
async fn a_handler_that_panics_leaves_a_clean_connection() {
    let pool = std::sync::Arc::new(database!().pool(1));
    let first = backend(&pool).await;
    let (acme, for_acme) = (verified("acme").await, pool.clone());

    let handler = tokio::spawn(async move {
        let broken = for_acme.in_tenant(&acme, async |tx| {
            tx.execute("INSERT INTO orders (id, item) VALUES (gen_random_uuid(), 'anvil')", &[]).await?;
            let ids: [u8; 0] = [];
            Ok(ids[tx.query("SELECT 1", &[]).await?.len()])
        });
        broken.await
    });
    assert!(handler.await.unwrap_err().is_panic());

    assert_eq!(state(&pool, "globex").await, clean("globex"));
    assert_eq!(state(&pool, "acme").await, clean("acme"));
    assert_eq!(backend(&pool).await, first);
}

#[tokio::test]
async fn what_a_request_leaves_in_its_session_is_gone_in_the_next() {
    let pool = database!().pool(1);
    let first = backend(&pool).await;
    let acme = verified("acme").await;
    let left = pool.in_tenant(&acme, async |tx| {
        tx.execute("INSERT INTO orders (id, item) VALUES (gen_random_uuid(), 'anvil')", &[]).await?;
        let leave = "SET app.tenant_id = 'acme'; CREATE TEMP TABLE cache AS SELECT * FROM orders; SELECT pg_advisory_lock(1)";
        tx.batch_execute(leave).await
    });
    left.await.unwrap();

    assert_eq!(state(&pool, "globex").await, clean("globex"));
    assert_eq!(backend(&pool).await, first);
}

/// A transaction that the work itself has ended has no tenant any more.
#[tokio::test]
async fn after_a_commit_within_the_work_there_are_no_orders() {
    let pool = database!().pool(1);
    let acme = verified("acme").await;
    let work = pool.in_tenant(&acme, async |tx| {
        tx.execute("INSERT INTO orders (id, item) VALUES (gen_random_uuid(), 'anvil')", &[]).await?;
        tx.batch_execute("COMMIT").await?;
        Ok(tx.query("SELECT * FROM orders", &[]).await?.len())
    });

    assert_eq!(work.await.unwrap(), 0);
}

#[tokio::test]
async fn the_log_of_a_failed_query_has_no_values_of_rows() {
    let pool = database!().pool(1);
    let acme = verified("acme").await;
    let twice = pool.in_tenant(&acme, async |tx| {
        let insert = "INSERT INTO orders (id, item) VALUES ('00000000-0000-0000-0000-000000000001', 'anvil')";
        tx.execute(insert, &[]).await?;
        tx.execute(insert, &[]).await
    });

    let expected =
        r#"query failed: duplicate key value violates unique constraint "orders_pkey" (SQLSTATE 23505)"#;
    assert_eq!(twice.await.unwrap_err().to_string(), expected);
}

/// The tenant, orders, temporary tables and advisory locks that a request in this tenant has.
async fn state(pool: &Database, tenant: &str) -> (String, i64, i64, i64) {
    let seen = "SELECT current_setting('app.tenant_id'), (SELECT count(*) FROM orders),
        (SELECT count(*) FROM pg_class WHERE relpersistence = 't'),
        (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())";
    let row =
        pool.in_tenant(&verified(tenant).await, async |tx| tx.query_one(seen, &[]).await).await.unwrap();
    (row.get(0), row.get(1), row.get(2), row.get(3))
}

fn clean(tenant: &str) -> (String, i64, i64, i64) {
    (tenant.to_owned(), 0, 0, 0)
}

async fn backend(pool: &Database) -> i32 {
    let query =
        async |tx: &deadpool_postgres::Transaction<'_>| tx.query_one("SELECT pg_backend_pid()", &[]).await;
    pool.in_tenant(&verified("any").await, query).await.unwrap().get(0)
}
