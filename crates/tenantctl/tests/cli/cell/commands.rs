//! The verbs of `cell`.

use serde_json::json;

use super::fixtures::{cell, pool};
use crate::assert_page;
use crate::support::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_is_made_shown_listed_and_changed() {
    let desk = Desk::new().await;
    let shared = cell(&desk, "shared-1", "");
    cell(&desk, "silo-acme", "--capacity 1 --tier enterprise");

    let pages = [
        "cell list",
        "tenant create acme --name Acme --tier enterprise --cell silo-acme",
        "tenant create globex --name Globex --tier free",
        "cell show shared-1",
        "cell set-capacity shared-1 0",
        "cell set-tiers shared-1 free pro",
        "cell set-tiers silo-acme --all",
        "cell drain shared-1",
        "cell drain shared-1",
        "cell open shared-1",
        "cell list",
        "cell list --status draining",
        "tenant list",
        "tenant show acme",
    ]
    .map(|line| format!("$ tenantctl {line}\n{}\n", desk.run(line)));

    assert_page!(pages.concat());
    let other = desk.cognito().create_user_pool_client().user_pool_id(&shared.pool).client_name("other");
    let other = other.send().await.unwrap().user_pool_client.unwrap().client_id.unwrap();
    desk.run(&format!("cell set-client shared-1 {other}")).ok();
    assert_eq!(desk.json("cell show shared-1")["clientId"], other.as_str());
    let audit = desk.json("audit list --cell shared-1");
    let done: Vec<(&str, &str)> = audit["audit"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["action"].as_str().unwrap(), entry["detail"].as_str().unwrap()))
        .collect();
    assert_eq!(
        done,
        [
            ("cell.create", format!("pool {}, capacity 900", shared.pool).as_str()),
            ("cell.set-capacity", "capacity 900 -> 0"),
            ("cell.set-tiers", "tiers all -> free, pro"),
            ("cell.drain", "status open -> draining"),
            ("cell.open", "status draining -> open"),
            ("cell.set-client", &format!("client {} -> {other}", shared.client)),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_that_does_not_fit_cognito_is_refused() {
    let desk = Desk::new().await;
    let first = cell(&desk, "first", "");
    let (pool, client) = pool(&desk, None);
    desk.cognito().create_user_pool_domain().user_pool_id(&pool).domain("second").send().await.unwrap();
    desk.run(&format!("client bind {client} --user-pool-id {pool} --tenant none --yes")).fails(3);
    let own = "second.auth.eu-west-1.amazoncognito.com";
    let rows = [
        (format!("first --user-pool-id {pool} --domain {own}"), "cell-exists", "there is a cell `first`"),
        (
            format!("other --user-pool-id {} --domain {own}", first.pool),
            "cell-pool-taken",
            "belongs to cell `first`",
        ),
        (format!("other --user-pool-id eu-west-1_Missing12 --domain {own}"), "pool-unknown", "no user pool"),
        (
            format!("other --user-pool-id {pool} --domain login.example.com"),
            "domain-unknown",
            "which has the domain second.auth.eu-west-1.amazoncognito.com",
        ),
        (
            format!("other --user-pool-id {pool} --domain {own} --client-id none"),
            "client-unknown",
            "no app client none",
        ),
    ];

    for (line, code, words) in rows {
        let refused = desk.run(&format!("cell create {line} --output json")).fails(3);
        assert!(refused.contains(&format!("\"{code}\"")) && refused.contains(words), "{line}: {refused}");
    }
    desk.run(&format!(
        "cell create other --user-pool-id {pool} --domain login.example.com --client-id none --unchecked"
    ))
    .ok();
    assert_eq!(desk.json("cell list")["cells"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_client_of_a_tenant_is_shared_by_no_cell() {
    let desk = Desk::with_acme().await;
    desk.run(&format!("client bind {} --tenant acme --yes", desk.client)).ok();

    let line = format!("cell create a --domain a.localhost:80 --client-id {} --unchecked", desk.client);
    let refused = desk.run(&line).fails(3);

    assert!(refused.contains("is bound to tenant `acme`"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_is_closed_when_its_last_tenant_has_gone() {
    let desk = Desk::new().await;
    cell(&desk, "a", "");
    desk.run("tenant create acme --name Acme --tier pro").ok();

    let early = desk.run("cell close a --output json").fails(3);
    desk.run("tenant offboard acme --yes").ok();
    desk.run("tenant offboard acme --yes").ok();
    desk.run("cell close a").ok();

    assert!(early.contains("\"cell-not-empty\"") && early.contains("is not empty (tenants: 1)"), "{early}");
    let shown = desk.json("cell show a");
    assert_eq!((&shown["status"], &shown["tenants"]), (&json!("closed"), &json!(0)));
    let refused = desk.run("tenant create late --name Late --tier pro --cell a --output json").fails(3);
    assert!(refused.contains("\"cell-not-open\""), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_count_is_corrected_and_a_right_one_is_left_alone() {
    let desk = Desk::new().await;
    cell(&desk, "a", "");
    for tenant in ["acme", "globex", "initech"] {
        desk.run(&format!("tenant create {tenant} --name X --tier pro")).ok();
    }
    desk.run("tenant offboard globex --yes").ok();

    let right = desk.json("cell recount a");
    desk.set_number("CELL#a", "META", "tenants", 40).await;
    let planned = desk.json("cell recount a --dry-run");
    let wrong = desk.json("cell recount a");

    assert_eq!((&right["changed"], &right["counted"]), (&json!(false), &json!(2)));
    assert_eq!((&planned["changed"], &planned["dryRun"]), (&json!(true), &json!(true)));
    assert_eq!(
        (&wrong["changed"], &wrong["before"], &wrong["counted"]),
        (&json!(true), &json!(40), &json!(2))
    );
    assert_eq!(desk.json("cell show a")["tenants"], 2);
    let audit = desk.json("audit list --cell a");
    assert_eq!(audit["audit"].as_array().unwrap().last().unwrap()["detail"], "tenants 40 -> 2");
}
