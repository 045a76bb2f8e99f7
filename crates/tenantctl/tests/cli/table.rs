//! `tenantctl table`.

use crate::assert_page;
use crate::support::{Desk, run};

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_made_passes_its_check() {
    let desk = Desk::without_table().await;

    let made = desk.run_with("table create --local t.db", &[("TENANCY_TABLE", "")], "");
    let check = desk.run_with("table check --local t.db", &[("TENANCY_TABLE", "")], "");

    assert_page!(format!("{made}{check}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_not_made_twice() {
    let desk = Desk::new().await;

    let again = desk.run("table create");

    assert_eq!(
        again.fails(3),
        "error: there is a table `tenancy` already\n       `tenantctl table check` says whether it is as it must be.\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_makes_no_table() {
    let desk = Desk::without_table().await;

    let planned = desk.run("table create --dry-run").ok();

    assert!(planned.starts_with("Dry run, nothing is made: table `tenancy`"), "{planned}");
    assert!(desk.run("table check").fails(3).contains("there is no table `tenancy`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_without_protection_is_a_problem_on_aws() {
    let desk = Desk::new().await;

    let check = desk.run("table check");

    assert_page!(check);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_something_else_is_told() {
    let desk = Desk::without_table().await;
    let environment = desk.environment();
    let client = desk.dynamodb();
    crate::support::create_foreign_table(&client, "orders").await;

    let check = run("table check --table orders --output json", &environment, desk.folder.path(), "");

    assert_eq!(check.code, 4, "{check}");
    let report: serde_json::Value = serde_json::from_str(&check.stdout).unwrap();
    let result = |name: &str| {
        let checks = report["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).unwrap()["result"].clone()
    };
    assert_eq!(
        (result("keys"), result("index"), result("active")),
        ("bad".into(), "bad".into(), "good".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_without_a_table_says_what_is_missing() {
    let desk = Desk::without_table().await;

    let none = desk.run_with("tenant list", &[("TENANCY_TABLE", "")], "");
    let wrong = desk.run("tenant list");

    assert_page!(format!("{none}{wrong}"));
}
