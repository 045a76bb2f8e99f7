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
async fn a_list_that_is_whole_does_not_say_that_there_are_more() {
    let desk = Desk::with_acme().await;
    for tier in ["silver", "gold"] {
        Desk::wait_a_second();
        desk.run(&format!("tenant set-tier acme {tier}")).ok();
    }

    let whole = desk.run("audit list --tenant acme --limit 3");
    let cut = desk.run("audit list --tenant acme --limit 2");

    assert!(!whole.stderr.contains("--limit"), "{whole:?}");
    assert!(cut.stderr.contains("--limit"), "{cut:?}");
    assert!(cut.stdout.contains("gold") && !cut.stdout.contains("tenant.create"), "{cut:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_in_one_second_is_listed_in_its_order() {
    let desk = Desk::with_acme().await;
    let tiers: Vec<String> = (0..12).map(|n| format!("tier-{n}")).collect();
    for tier in &tiers {
        desk.run(&format!("tenant set-tier acme {tier}")).ok();
    }

    let audit = desk.json("audit list --tenant acme");

    let details = audit["audit"].as_array().unwrap().iter().filter_map(|item| item["detail"].as_str());
    let listed: Vec<&str> = details.filter_map(|detail| detail.rsplit(' ').next()).collect();
    let changed: Vec<&str> = listed.into_iter().filter(|tier| tier.starts_with("tier-")).collect();
    assert_eq!(changed, tiers);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_in_a_detail_is_a_date() {
    let desk = Desk::with_acme().await;
    let made = desk.json("invite create --tenant acme");

    let audit = desk.json("audit list --tenant acme");

    let details: Vec<&str> =
        audit["audit"].as_array().unwrap().iter().filter_map(|item| item["detail"].as_str()).collect();
    let until = format!("until {}", made["expiresAt"].as_str().unwrap());
    assert!(details.iter().any(|detail| detail.contains(&until)), "{details:?}");
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

/// Every verb that writes, in an order in which each has something to write.
fn writes(desk: &Desk, sub: &str) -> Vec<String> {
    let client = &desk.client;
    [
        "tenant create acme --name Acme --tier pro",
        "tenant create globex --name Globex --tier free",
        "tenant rename acme --name 'Acme Inc.' --slug acme-inc",
        "tenant set-tier acme gold",
        "tenant roles set acme admin --group acme-admins",
        "tenant roles unset acme admin",
        "tenant suspend acme --yes",
        "tenant resume acme",
        "invite create --tenant acme --email ana@example.com",
        "invite resend --tenant acme --email ana@example.com --yes",
        "invite revoke --tenant acme --email ana@example.com --yes",
        &format!("member add {sub} --tenant acme --role admin"),
        &format!("member add {sub} --tenant globex --role viewer"),
        &format!("member set-roles {sub} --tenant acme --role viewer"),
        &format!("member set-default {sub} --tenant globex"),
        &format!("member suspend {sub} --tenant acme --yes"),
        &format!("member resume {sub} --tenant acme"),
        &format!("member remove {sub} --tenant acme --yes"),
        &format!("client bind {client} --tenant acme --yes"),
        &format!("client bind {client} --tenant acme --mode machine"),
        &format!("client unbind {client} --yes"),
        "idp bind AcmeOkta --tenant acme --join --role member --no-lookup",
        "idp bind AcmeOkta --tenant acme --no-lookup --yes",
        "idp unbind AcmeOkta --yes",
        "tenant offboard acme --yes",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_that_writes_leaves_one_audit_item_and_its_dry_run_writes_nothing() {
    let desk = Desk::new().await;
    let sub = desk.user("ana@example.com").await;
    let audit_items =
        async || desk.items().await.iter().filter(|item| item.contains("sk: S(\"AUDIT#")).count();

    for line in writes(&desk, &sub) {
        let before = desk.items().await;
        let planned = desk.json(&format!("{line} --dry-run"));
        assert_eq!(desk.items().await, before, "{line}");
        assert_eq!((&planned["dryRun"], &planned["changed"]), (&true.into(), &true.into()), "{line}");
        let shown = planned["writes"].as_array().unwrap();
        let of_audit =
            shown.iter().filter(|write| write["sk"].as_str().unwrap().starts_with("AUDIT#")).count();
        assert_eq!(of_audit, 1, "{line}: {planned}");

        let audited = audit_items().await;
        let done = desk.json(&line);
        assert_eq!(done["changed"], true, "{line}");
        assert_eq!(audit_items().await, audited + 1, "{line}");
    }
}
