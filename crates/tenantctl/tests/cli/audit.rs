//! `tenantctl audit`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::assert_page;
use crate::support::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn every_write_is_in_the_audit_by_tenant_and_time() {
    let desk = Desk::with_acme().await;
    Desk::wait_a_second();
    desk.run_with("tenant set-tier acme gold", &[("TENANTCTL_ACTOR", "bob")], "").ok();

    let all = desk.run("audit list --tenant acme");
    let none = desk.run("audit list --tenant acme --until 2020-01-01");
    let latest = desk.json("audit list --tenant acme --limit 1");

    assert_page!(format!("{all}\n{none}"));
    assert_eq!(latest["audit"][0]["actor"], "bob");
    assert_eq!(desk.json("audit list --tenant acme --since 1h")["audit"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_actor_is_the_caller_of_aws_unless_it_is_said() {
    let desk = Desk::with_acme().await;

    desk.run_with("tenant set-tier acme gold", &[("TENANTCTL_ACTOR", "")], "").ok();

    let audit = desk.json("audit list --tenant acme");
    let actors: Vec<&str> =
        audit["audit"].as_array().unwrap().iter().map(|a| a["actor"].as_str().unwrap()).collect();
    assert!(
        actors.contains(&"alice") && actors.contains(&desk.stack.sts().caller_arn().as_str()),
        "{actors:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_followed_as_it_happens() {
    let desk = Desk::with_acme().await;
    let mut follower = Command::new(env!("CARGO_BIN_EXE_tenantctl"))
        .args(["audit", "follow", "--tenant", "acme", "--interval", "1", "--since", "1h", "--output", "json"])
        .env_clear()
        .envs(desk.environment())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();

    let first = tokio::task::block_in_place(|| lines.next()).unwrap().unwrap();
    desk.run("tenant set-tier acme gold").ok();
    let second = tokio::task::block_in_place(|| lines.next()).unwrap().unwrap();
    follower.kill().unwrap();
    follower.wait().unwrap();

    assert!(first.contains(r#""action":"tenant.create""#), "{first}");
    assert!(second.contains(r#""action":"tenant.set-tier""#), "{second}");
}
