//! The program itself.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Output, Stdio},
    time::SystemTime,
};

use axum::{Router, routing::get};
use serde_json::json;
use tokio::net::TcpListener;

use crate::{
    http::send,
    server::database,
    tokens::{CLIENT, jwks, signed},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_memory_it_serves_two_orders_of_each_tenant_of_the_demo() {
    let issuer = issuer().await;
    let program =
        command("--in-memory").env("USER_POOLS", &issuer).env("CLIENT_IDS", CLIENT).spawn().unwrap();
    let mut program = Ended(program);
    let mut first_line = String::new();
    BufReader::new(program.0.stdout.take().unwrap()).read_line(&mut first_line).unwrap();
    let api = first_line.trim().strip_prefix("listening on http://").unwrap().parse().unwrap();

    #[expect(clippy::disallowed_methods, reason = "the program has the clock of the computer")]
    let now = SystemTime::now();
    let orders =
        async |tenant| send(api, &signed(&issuer, now, tenant, "viewer"), "GET /orders", "").await.json();
    assert_eq!(
        orders("acme").await,
        json!([
            { "id": "00000000-0000-0000-0000-000000000001", "item": "anvil" },
            { "id": "00000000-0000-0000-0000-000000000002", "item": "rocket skates" },
        ])
    );
    assert_eq!(
        orders("globex").await,
        json!([
            { "id": "00000000-0000-0000-0000-000000000003", "item": "hammock" },
            { "id": "00000000-0000-0000-0000-000000000004", "item": "sunglasses" },
        ])
    );
    assert_eq!(orders("initech").await, json!([]));
}

#[tokio::test]
async fn check_database_ends_with_1_when_there_is_a_finding() {
    let database = database!();
    let address = database.address_of("orders_app");
    let [tokio_postgres::config::Host::Unix(folder)] = address.get_hosts() else {
        panic!("ORDERS_TEST_POSTGRES must be a Unix socket");
    };
    let address =
        format!("host={} user=orders_app dbname={}", folder.display(), address.get_dbname().unwrap());
    let check = || command("--check-database").env("DATABASE_URL", &address).output().unwrap();
    assert_eq!(said(&check()), (Some(0), "no way around the tenant was found\n".to_owned()));

    database.superuser().await.batch_execute("ALTER TABLE orders NO FORCE ROW LEVEL SECURITY").await.unwrap();

    let finding = "Row-level security of the table orders does not hold for its owner: \
                   ALTER TABLE orders FORCE ROW LEVEL SECURITY;\n";
    assert_eq!(said(&check()), (Some(1), finding.to_owned()));
}

#[test]
fn a_database_that_cannot_be_checked_is_not_a_database_without_findings() {
    let output =
        command("--check-database").env("DATABASE_URL", "host=/nowhere user=orders_app").output().unwrap();

    assert_eq!(said(&output), (Some(2), String::new()));
    let error = String::from_utf8(output.stderr).unwrap();
    let expected = "orders-api: no connection to the database: No such file or directory";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn a_missing_setting_is_named() {
    let output = command("--in-memory").env("USER_POOLS", "eu-west-1_AbCdEf123").output().unwrap();

    assert_eq!(String::from_utf8(output.stderr).unwrap(), "orders-api: set CLIENT_IDS\n");
}

fn command(argument: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orders-api"));
    command.arg(argument).env_clear().env("LISTEN", "127.0.0.1:0").stdout(Stdio::piped());
    command
}

fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stdout.clone()).unwrap())
}

/// An issuer on this computer that publishes the keys of the tests.
async fn issuer() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}/local_pool", listener.local_addr().unwrap());
    let keys = Router::new().route("/local_pool/.well-known/jwks.json", get(async || jwks()));
    tokio::spawn(async { axum::serve(listener, keys).await });
    issuer
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}
