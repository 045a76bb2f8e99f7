//! `repair drift`.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use dev_stack::cognito::FederatedUser;
use serde_json::Value;
use tenancy::{MembershipStatus, UserKey};
use tenancy_aws::operator::OperatorError;

use super::pool::{NOW, Scene, until};
use crate::assert_page;

/// Everything that can have come apart, once, beside a user with whom all is well.
struct Apart {
    forged: UserKey,
    left_over: UserKey,
    stale: UserKey,
    unstamped: UserKey,
    foreign_default: UserKey,
    lost_default: UserKey,
    suspended_default: UserKey,
    gone: UserKey,
    ghost: UserKey,
    never: UserKey,
}

async fn apart(scene: &Scene) -> Apart {
    scene.settled("well@example.com", "acme").await;
    let forged = scene.user("forged@example.com", Some("globex")).await;
    scene.join(&forged, "acme").await;
    scene.mark(&forged, "acme").await;
    let left_over = scene.settled("left@example.com", "acme").await;
    scene.set_status(&left_over, "acme", MembershipStatus::Removed).await;
    let stale = in_both(scene, "stale@example.com").await;
    let unstamped = scene.pending("unstamped@example.com").await;
    let foreign_default = scene.settled("default@example.com", "acme").await;
    put_default(scene, &foreign_default, "globex").await;
    let lost_default = in_both(scene, "lost@example.com").await;
    scene.set_status(&lost_default, "acme", MembershipStatus::Removed).await;
    let suspended_default = in_both(scene, "suspended@example.com").await;
    scene.set_status(&suspended_default, "acme", MembershipStatus::Suspended).await;
    let gone = scene.settled("gone@example.com", "acme").await;
    scene.join(&gone, "globex").await;
    scene.delete_user(&gone).await;
    for tenant in ["acme", "globex"] {
        scene.joined_long_ago(&gone, tenant).await;
    }
    let ghost = scene.user("ghost@example.com", Some("acme")).await;
    scene.join(&ghost, "acme").await;
    scene.mark(&ghost, "acme").await;
    put_membership(scene, &ghost, "ghost-town", S("done".into())).await;
    let never = scene.user("never@example.com", None).await;
    Apart {
        forged,
        left_over,
        stale,
        unstamped,
        foreign_default,
        lost_default,
        suspended_default,
        gone,
        ghost,
        never,
    }
}

/// A member of acme, the default, and of globex, which the stamp names.
async fn in_both(scene: &Scene, email: &str) -> UserKey {
    let user = scene.user(email, Some("globex")).await;
    for tenant in ["acme", "globex"] {
        scene.join(&user, tenant).await;
        scene.mark(&user, tenant).await;
    }
    user
}

async fn put_default(scene: &Scene, user: &UserKey, tenant: &str) {
    scene
        .put(&[
            ("pk", S(format!("USER#{}#{}", user.pool, user.sub))),
            ("sk", S("PROFILE".into())),
            ("et", S("profile".into())),
            ("v", N("1".into())),
            ("defaultTid", S(tenant.into())),
        ])
        .await;
}

async fn put_membership(
    scene: &Scene,
    user: &UserKey,
    tenant: &str,
    stamp: aws_sdk_dynamodb::types::AttributeValue,
) {
    scene
        .put(&[
            ("pk", S(format!("USER#{}#{}", user.pool, user.sub))),
            ("sk", S(format!("TENANT#{tenant}"))),
            ("et", S("member".into())),
            ("v", N("1".into())),
            ("tid", S(tenant.into())),
            ("status", S("active".into())),
            ("stamp", stamp),
            ("gsi1pk", S(format!("TENANT#{tenant}"))),
            ("gsi1sk", S(format!("MEMBER#{}", user.sub))),
        ])
        .await;
}

/// Each user's findings, by kind.
fn found(report: &Value) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for finding in report["findings"].as_array().unwrap() {
        let sub = finding["sub"].as_str().unwrap_or("nobody").to_owned();
        found.entry(sub).or_default().push(finding["kind"].as_str().unwrap().to_owned());
    }
    found
}

fn parsed(run: &crate::support::Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_come_apart_is_told_by_kind_and_nothing_is_written() {
    let scene = Scene::new().await;
    apart(&scene).await;

    let run = scene.desk.run("repair drift");

    assert_page!(run);
    assert_eq!(scene.updates(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_is_found_of_the_user_whom_it_is_about() {
    let scene = Scene::new().await;
    let apart = apart(&scene).await;

    let run = scene.desk.run("repair drift --output json");

    assert_eq!(run.code, 4, "{run}");
    let report = parsed(&run);
    let rows: [(&UserKey, &[&str]); 10] = [
        (&apart.forged, &["stamp-possibly-forged"]),
        (&apart.left_over, &["stamp-stale", "no-membership"]),
        (&apart.stale, &["stamp-stale"]),
        (&apart.unstamped, &["stamp-missing"]),
        (&apart.foreign_default, &["default-stale"]),
        (&apart.lost_default, &["default-stale"]),
        (&apart.suspended_default, &["default-suspended"]),
        (&apart.gone, &["user-missing"]),
        (&apart.ghost, &["tenant-missing"]),
        (&apart.never, &["no-membership"]),
    ];
    let wanted = rows.map(|(user, kinds)| {
        (user.sub.to_string(), kinds.iter().map(|kind| (*kind).to_owned()).collect::<Vec<_>>())
    });
    assert_eq!(found(&report), BTreeMap::from(wanted), "{report:#}");
    let forged = report["findings"].as_array().unwrap().iter();
    let forged = forged.clone().find(|finding| finding["sub"] == apart.forged.sub.as_str()).unwrap();
    let expected = serde_json::json!({
        "kind": "stamp-possibly-forged", "severity": "high", "sub": apart.forged.sub.as_str(),
        "found": "globex", "expected": "acme", "mend": "write-stamp", "outcome": null,
    });
    assert_eq!(*forged, expected);
    let lost = report["findings"].as_array().unwrap().iter();
    let lost = lost.clone().find(|finding| finding["sub"] == apart.lost_default.sub.as_str()).unwrap();
    let expected = serde_json::json!({
        "kind": "default-stale", "severity": "info", "sub": apart.lost_default.sub.as_str(),
        "tenant": "acme", "reason": "removed", "fallsBackTo": "globex", "mend": null, "outcome": null,
    });
    assert_eq!(*lost, expected);
    assert!(!run.stdout.contains("example.com"), "no address is printed: {run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_apply_what_can_be_mended_is_and_the_rest_is_left_to_a_person() {
    let scene = Scene::new().await;
    let apart = apart(&scene).await;

    let run = scene.desk.run("repair drift --apply --yes --rate 20");
    let again = scene.desk.run("repair drift --apply --yes --rate 20 --output json");
    let audit = scene.desk.json("audit list --tenant acme --limit 0");
    let audited = |user: &UserKey, detail: &str| {
        audit["audit"].as_array().unwrap().iter().any(|item| {
            item["action"] == "member.stamp"
                && item["detail"] == detail
                && item["target"] == format!("user:{}:{}", user.pool, user.sub)
        })
    };
    assert!(audited(&apart.forged, "stamp globex -> acme"), "{audit}");

    assert_page!(run);
    for user in [&apart.forged, &apart.stale, &apart.unstamped] {
        assert_eq!(scene.stamp(user).await.as_deref(), Some("acme"));
    }
    assert_eq!(scene.stamp(&apart.left_over).await, None);
    assert!(!scene.is_pending(&apart.unstamped, "acme").await);
    assert_eq!(scene.record(&apart.foreign_default).await.default_tenant, None);
    let lost = scene.record(&apart.lost_default).await.default_tenant;
    assert_eq!(lost.unwrap().as_str(), "acme", "only a sign-in moves it");
    let gone = scene.record(&apart.gone).await;
    assert!(gone.memberships.iter().all(|member| member.membership.status == MembershipStatus::Removed));
    assert_eq!(scene.updates(), 4, "one for each stamp");
    assert_eq!(again.code, 4, "a person is still needed: {again}");
    let again = parsed(&again);
    assert_eq!((&again["mendable"], &again["needsPerson"]), (&Value::from(0), &Value::from(2)), "{again:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_becomes_a_member_while_their_foreign_default_is_mended_keeps_it() {
    let scene = Scene::new().await;
    let user = scene.settled("ana@example.com", "acme").await;
    put_default(&scene, &user, "globex").await;

    let plan = scene.operator.clear_foreign_default(&scene.record(&user).await, NOW);
    // By another tool, which leaves the profile and its version alone.
    put_membership(&scene, &user, "globex", S("done".into())).await;
    let applied = scene.operator.apply(plan, "the profile").await;

    assert!(matches!(applied, Err(OperatorError::Overtaken(_))), "{applied:?}");
    assert_eq!(scene.record(&user).await.default_tenant.unwrap().as_str(), "globex");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_agrees_with_the_table_ends_with_0() {
    let scene = Scene::new().await;
    scene.settled("ana@example.com", "acme").await;
    let suspended = scene.user("ben@example.com", None).await;
    scene.join(&suspended, "acme").await;
    scene.mark(&suspended, "acme").await;
    scene.set_status(&suspended, "acme", MembershipStatus::Suspended).await;

    let run = scene.desk.run("repair drift");

    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_without_a_tenant_are_told_apart_by_how_far_they_have_come() {
    let scene = Scene::new().await;
    scene.user("confirmed@example.com", None).await;
    let sign_up = scene.cognito.sign_up().client_id(&scene.desk.client).username("new@example.com");
    sign_up.password("Correct-Horse-9").send().await.unwrap();
    let federated = FederatedUser {
        provider: "Google".into(),
        subject: "117".into(),
        attributes: BTreeMap::from([("email".into(), "eve@example.com".into())]),
    };
    let cognito = scene.desk.stack.cognito();
    cognito.federated_sign_in(&scene.desk.pool, &scene.desk.client, federated).await.unwrap();

    let report = parsed(&scene.desk.run("repair drift --output json"));

    let mut seen: Vec<(String, String)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            (finding["userStatus"].as_str().unwrap().into(), finding["severity"].as_str().unwrap().into())
        })
        .collect();
    seen.sort();
    let wanted = [("CONFIRMED", "medium"), ("EXTERNAL_PROVIDER", "medium"), ("UNCONFIRMED", "info")];
    assert_eq!(seen, wanted.map(|(status, severity)| (status.to_owned(), severity.to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_items_are_said_and_everybody_else_is_still_judged() {
    let scene = Scene::new().await;
    let damaged = scene.settled("ana@example.com", "acme").await;
    put_membership(&scene, &damaged, "acme", N("7".into())).await;
    scene.pending("ben@example.com").await;

    let run = scene.desk.run("repair drift");

    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_get_20_of_a_kind_and_all_when_they_ask() {
    let scene = Scene::new().await;
    for number in 0..63 {
        scene.user(&format!("user{number}@example.com"), None).await;
    }

    let short = scene.desk.run("repair drift").stdout;
    let long = scene.desk.run("repair drift --all").stdout;

    assert!(short.contains("63 users") && short.contains("and 43 more; --all lists them"), "{short}");
    assert_eq!(short.matches("  CONFIRMED").count(), 20, "{short}");
    assert_eq!(long.matches("  CONFIRMED").count(), 63, "{long}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_attribute_in_the_schema_no_stamp_is_judged() {
    let scene = Scene::new().await;
    scene.pending("ana@example.com").await;

    let run = scene.desk.run("repair drift --tenant-attribute custom:customer");

    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_another_pool_are_none_of_this_pools_business() {
    let scene = Scene::new().await;
    let elsewhere = scene.desk.stack.cognito().create_pool(dev_stack::PoolSettings::default());
    let there = scene.user_in(&elsewhere, "ben@example.com", None).await;
    scene.join(&there, "globex").await;

    let report = scene.desk.json("repair drift");

    assert_eq!(report["findings"], Value::Array(Vec::new()), "{report:#}");
}

/// What is found, and nothing is mended.
fn report(scene: &Scene) -> Value {
    let run = scene.desk.run("repair drift --output json");
    assert_eq!(run.code, 4, "{run}");
    serde_json::from_str(&run.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_pool_of_one_tenant_stamps_are_of_it_and_other_defaults_are_no_drift() {
    let scene = Scene::new().await;
    let ana = scene.settled("ana@example.com", "globex").await;
    scene.join(&ana, "acme").await;
    scene.mark(&ana, "acme").await;
    let foreign = scene.settled("ben@example.com", "acme").await;
    put_default(&scene, &foreign, "globex").await;
    let shared = report(&scene);

    scene.give_pool_to("acme");
    let plan = report(&scene);
    let applied = scene.desk.json("repair drift --apply --yes");

    let kinds = |report: &Value| {
        let findings = report["findings"].as_array().unwrap().iter();
        findings.map(|finding| finding["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&shared), ["default-stale"], "{shared:#}");
    assert_eq!(kinds(&plan), ["stamp-stale", "default-stale"], "{plan:#}");
    assert_eq!(
        (&plan["findings"][0]["found"], &plan["findings"][0]["expected"]),
        (&"globex".into(), &"acme".into())
    );
    assert_eq!(plan["findings"][1]["reason"], "never-member", "{plan:#}");
    assert_eq!(applied["result"]["mended"], 2, "{applied:#}");
    assert_eq!(scene.stamp(&ana).await.as_deref(), Some("acme"));
}

#[tokio::test(flavor = "multi_thread")]
async fn mending_keeps_to_the_rate_also_when_cognito_has_had_enough() {
    let scene = Scene::new().await;
    for number in 0..8 {
        scene.settled(&format!("user{number}@example.com"), "acme").await;
        let user = scene.user(&format!("other{number}@example.com"), Some("globex")).await;
        scene.join(&user, "acme").await;
        scene.mark(&user, "acme").await;
    }
    scene.desk.stack.cognito().limit_user_updates(Some(4));

    let report = scene.desk.json("repair drift --apply --yes --rate 6");

    assert_eq!(report["result"]["mended"], 8, "{report:#}");
    assert!(scene.desk.stack.cognito().user_updates_peak() <= 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_is_not_there_is_no_empty_pool() {
    let scene = Scene::new().await;
    scene.pending("ana@example.com").await;

    let run = scene.desk.run("repair drift --user-pool-id eu-west-1_AAAAAAAAA --apply --yes");

    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joined_today_is_not_removed_because_the_pools_list_lacks_them() {
    let scene = Scene::new().await;
    let new = scene.settled("new@example.com", "acme").await;
    scene.delete_user(&new).await;

    let run = scene.desk.run("repair drift --apply --yes --rate 20 --output json");

    assert_eq!(run.code, 4, "{run}");
    assert!(run.stdout.contains("joined-recently"), "{run}");
    let record = scene.record(&new).await;
    assert!(record.memberships.iter().all(|member| member.membership.is_active()));
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_no_drift_where_they_are_allowed() {
    let scene = Scene::new().await;
    scene.user("stranger@example.com", None).await;

    let strict = scene.desk.run("repair drift");
    let open = scene.desk.run("repair drift --allow-strangers");

    assert_eq!((strict.code, open.code), (4, 0), "{strict}{open}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_after_the_current_user_and_says_what_is_left() {
    let scene = Scene::new().await;
    for user in 0..24 {
        scene.pending(&format!("user{user}@example.com")).await;
    }

    let child = Command::new(env!("CARGO_BIN_EXE_tenantctl"))
        .args(["repair", "drift", "--apply", "--yes", "--rate", "2", "--output", "json"])
        .env_clear()
        .envs(scene.desk.environment())
        .env("HOME", scene.desk.folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until(|| scene.updates() >= 3).await;
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();

    assert!(interrupt.success());
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let result = &said["result"];
    assert_eq!((&result["interrupted"], &result["failed"]), (&true.into(), &0.into()), "{said}");
    assert_eq!(result["mended"], scene.updates(), "{said}");
    assert!(scene.updates() < 24 && said["mendable"] == 24, "{said}");
}
