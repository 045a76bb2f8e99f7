//! `repair stamps`.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dev_stack::PoolSettings;
use serde_json::json;
use tenancy::{MembershipStatus, UserKey};

use super::pool::{Scene, until};
use crate::assert_page;

const NONE_LEFT: &str = "No stamp is pending in pool POOL.\n";

async fn pending_users(scene: &Scene, count: usize) -> Vec<UserKey> {
    let mut users = Vec::new();
    for number in 0..count {
        users.push(scene.pending(&format!("user{number}@example.com")).await);
    }
    users
}

fn number(value: &serde_json::Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_who_how_many_and_how_long_and_writes_nothing() {
    let scene = Scene::new().await;
    pending_users(&scene, 21).await;
    let other = scene.user("zoe@example.com", None).await;
    scene.join(&other, "globex").await;

    let run = scene.desk.run("repair stamps");

    assert_page!(run);
    assert_eq!(scene.updates(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_apply_every_pending_member_has_the_stamp_and_a_second_run_has_nothing_to_do() {
    let scene = Scene::new().await;
    let users = pending_users(&scene, 3).await;

    let run = scene.desk.run("repair stamps --apply --yes --rate 20");

    assert_page!(run);
    for user in &users {
        assert_eq!(scene.stamp(user).await.as_deref(), Some("acme"));
        assert!(!scene.is_pending(user, "acme").await);
    }
    assert_eq!(scene.updates(), 3);
    let audit = scene.desk.json("audit list --tenant acme");
    let of_stamps: Vec<_> = audit["audit"].as_array().unwrap().iter().collect();
    let of_stamps: Vec<_> = of_stamps.into_iter().filter(|item| item["action"] == "member.stamp").collect();
    assert_eq!(of_stamps.len(), 3, "{audit}");
    for item in of_stamps {
        assert_eq!((&item["actor"], &item["detail"]), (&json!("alice"), &json!("stamp none -> acme")));
    }
    assert_eq!(
        scene.desk.run("repair stamps --apply --yes").ok(),
        NONE_LEFT.replace("POOL", &scene.desk.pool)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_pool_of_one_tenant_nobody_gets_the_stamp_of_another() {
    let scene = Scene::new().await;
    let both = scene.user("both@example.com", None).await;
    scene.join(&both, "globex").await;
    scene.join(&both, "acme").await;
    let other = scene.user("other@example.com", None).await;
    scene.join(&other, "globex").await;
    scene.give_pool_to("acme");

    let document = scene.desk.json("repair stamps --apply --yes --rate 20");

    assert_eq!(document["result"]["stamped"], 1, "{document:#}");
    assert_eq!(scene.stamp(&both).await.as_deref(), Some("acme"), "also when the default is another");
    assert!(!scene.is_pending(&both, "acme").await && scene.is_pending(&both, "globex").await);
    assert_eq!(scene.stamp(&other).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_cannot_be_read_is_said_and_the_pool_counts_as_shared() {
    let scene = Scene::new().await;
    let ana = scene.pending("ana@example.com").await;
    scene.give_pool_to("globex");
    assert!(scene.desk.stack.lambda().remove_function("tokens"));

    let run = scene.desk.run("repair stamps --apply --yes");

    assert!(run.stderr.contains("could not read the settings of the function arn:"), "{run}");
    assert!(run.stderr.contains("Continuing as if POOL_TENANT is not set"), "{run}");
    run.ok();
    assert_eq!(scene.stamp(&ana).await.as_deref(), Some("acme"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_second_sees_more_updates_than_the_rate() {
    let scene = Scene::new().await;
    pending_users(&scene, 18).await;

    let begin = Instant::now();
    scene.desk.run("repair stamps --apply --yes --rate 6").ok();

    assert_eq!(scene.updates(), 18);
    assert!(scene.desk.stack.cognito().user_updates_peak() <= 6);
    assert!(begin.elapsed() >= Duration::from_millis(2_800), "{:?}", begin.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_half_way_and_run_again_it_writes_every_user_once() {
    let scene = Scene::new().await;
    let users = pending_users(&scene, 24).await;

    let mut first = Command::new(env!("CARGO_BIN_EXE_tenantctl"))
        .args(["repair", "stamps", "--apply", "--yes", "--rate", "2"])
        .env_clear()
        .envs(scene.desk.environment())
        .env("HOME", scene.desk.folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until(|| scene.updates() >= 3).await;
    first.kill().unwrap();
    first.wait().unwrap();
    let before = scene.updates();
    let second = scene.desk.json("repair stamps --apply --yes --rate 20");

    assert!((3..24).contains(&before), "killed after {before} updates");
    assert_eq!(second["result"]["left"], 0, "{second}");
    assert_eq!(scene.updates(), users.len(), "no user is written twice");
    for user in &users {
        assert_eq!(scene.stamp(user).await.as_deref(), Some("acme"));
        assert!(!scene.is_pending(user, "acme").await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_after_the_current_user_and_says_what_is_left() {
    let scene = Scene::new().await;
    pending_users(&scene, 24).await;

    let child = Command::new(env!("CARGO_BIN_EXE_tenantctl"))
        .args(["repair", "stamps", "--apply", "--yes", "--rate", "2", "--output", "json"])
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
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let result = &said["result"];
    assert_eq!(result["interrupted"], true, "{said}");
    assert_eq!(number(&result["stamped"]), scene.updates(), "{said}");
    assert_eq!(number(&result["left"]), 24 - scene.updates(), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_cognito_has_had_enough_it_slows_down_and_still_reaches_everybody() {
    let scene = Scene::new().await;
    let users = pending_users(&scene, 9).await;
    scene.desk.stack.cognito().limit_user_updates(Some(3));

    let said = scene.desk.json("repair stamps --apply --yes --rate 20");

    assert_eq!(said["result"]["stamped"], 9, "{said}");
    assert_eq!(said["result"]["left"], 0, "{said}");
    let refused = number(&said["result"]["throttled"]);
    assert!(refused >= 1, "{said}");
    assert_eq!(scene.updates(), users.len() + refused, "every refused call was made again, and no other");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_was_deleted_keeps_nobody_else_from_the_stamp() {
    let scene = Scene::new().await;
    let users = pending_users(&scene, 3).await;
    scene.delete_user(&users[1]).await;

    let run = scene.desk.run("repair stamps --apply --yes --rate 20");

    assert_page!(run);
    for user in [&users[0], &users[2]] {
        assert_eq!(scene.stamp(user).await.as_deref(), Some("acme"));
    }
    assert!(scene.is_pending(&users[1], "acme").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_taken_the_name_of_a_deleted_member_does_not_get_the_stamp() {
    let scene = Scene::new().await;
    let settings = PoolSettings { email_usernames: false, ..PoolSettings::default() };
    let pool = scene.desk.stack.cognito().create_pool(settings);
    let member = scene.user_in(&pool, "ana", None).await;
    scene.join_as(&member, "acme", "ana").await;
    scene.delete_user(&member).await;
    let namesake = scene.user_in(&pool, "ana", None).await;

    let run = scene.desk.run(&format!("repair stamps --apply --yes --user-pool-id {pool}"));

    assert_eq!(run.code, 4, "{run}");
    assert_ne!(namesake.sub, member.sub);
    assert_eq!(scene.stamp(&namesake).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_pool_lacks_the_attribute_one_call_is_enough_to_know() {
    let scene = Scene::new().await;
    pending_users(&scene, 5).await;

    let run = scene.desk.run("repair stamps --apply --yes --rate 20 --tenant-attribute custom:customer");

    assert_page!(run);
    assert_eq!(scene.updates(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_several_tenants_is_stamped_once_with_the_default() {
    let scene = Scene::new().await;
    let user = scene.pending("ana@example.com").await;
    scene.join(&user, "globex").await;

    let said = scene.desk.json("repair stamps --apply --yes");

    assert_eq!(said["users"], 1, "{said}");
    assert_eq!(scene.updates(), 1);
    assert_eq!(
        scene.stamp(&user).await.as_deref(),
        Some("acme"),
        "the default tenant is the first one joined"
    );
    assert!(!scene.is_pending(&user, "acme").await);
    assert!(!scene.is_pending(&user, "globex").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_default_in_the_profile_the_stamp_names_the_tenant_joined_first_and_drift_agrees() {
    let scene = Scene::new().await;
    let user = scene.user("ana@example.com", None).await;
    for tenant in ["acme", "globex"] {
        scene.join(&user, tenant).await;
    }
    scene.joined_long_ago(&user, "globex").await;
    scene.desk.delete_item(&format!("USER#{}#{}", user.pool, user.sub), "PROFILE").await;
    scene.mark(&user, "globex").await;

    scene.desk.run("repair stamps --apply --yes").ok();

    assert_eq!(scene.stamp(&user).await.as_deref(), Some("globex"));
    assert!(!scene.is_pending(&user, "acme").await);
    assert_eq!(scene.desk.json("repair drift")["findings"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn suspended_and_removed_members_are_not_stamped() {
    let scene = Scene::new().await;
    let users = pending_users(&scene, 2).await;
    scene.set_status(&users[0], "acme", MembershipStatus::Suspended).await;
    scene.set_status(&users[1], "acme", MembershipStatus::Removed).await;

    let said = scene.desk.run("repair stamps --apply --yes").ok();

    assert_eq!(said, NONE_LEFT.replace("POOL", &scene.desk.pool));
    assert_eq!(scene.updates(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_the_right_stamp_already_is_not_written_to() {
    let scene = Scene::new().await;
    let user = scene.user("ana@example.com", Some("acme")).await;
    scene.join(&user, "acme").await;

    let said = scene.desk.json("repair stamps --apply --yes");

    assert_eq!(said["result"]["alreadyRight"], 1, "{said}");
    assert_eq!(scene.updates(), 0);
    assert!(!scene.is_pending(&user, "acme").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_pool_and_one_tenant_can_be_stamped_alone() {
    let scene = Scene::new().await;
    let here = scene.pending("ana@example.com").await;
    let elsewhere = scene.desk.stack.cognito().create_pool(PoolSettings::default());
    let there = scene.user_in(&elsewhere, "ben@example.com", None).await;
    scene.join(&there, "globex").await;

    let by_tenant =
        scene.desk.run_with("repair stamps --tenant globex --output json", &[("USER_POOL_ID", "")], "");
    let by_pool = scene.desk.json(&format!("repair stamps --user-pool-id {elsewhere} --apply --yes"));

    let by_tenant: serde_json::Value = serde_json::from_str(&by_tenant.ok()).unwrap();
    assert_eq!(by_tenant["tenants"], json!([{ "tenantId": "globex", "users": 1 }]));
    assert_eq!(by_pool["result"]["stamped"], 1);
    assert_eq!(scene.stamp(&there).await.as_deref(), Some("globex"));
    assert_eq!(scene.stamp(&here).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_repairs_at_once_do_no_harm() {
    let scene = Scene::new().await;
    let users = pending_users(&scene, 6).await;
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_tenantctl"))
            .args(["repair", "stamps", "--apply", "--yes", "--rate", "2"])
            .env_clear()
            .envs(scene.desk.environment())
            .env("HOME", scene.desk.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };

    let (one, other) = (start(), start());
    let (one, other) = (one.wait_with_output().unwrap(), other.wait_with_output().unwrap());

    assert!(one.status.success(), "{one:?}");
    assert!(other.status.success(), "{other:?}");
    for user in &users {
        assert_eq!(scene.stamp(user).await.as_deref(), Some("acme"));
        assert!(!scene.is_pending(user, "acme").await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_membership_is_said_and_the_others_are_stamped() {
    use aws_sdk_dynamodb::types::AttributeValue::S;
    let scene = Scene::new().await;
    let users = pending_users(&scene, 2).await;
    scene
        .dynamodb
        .update_item()
        .table_name("tenancy")
        .key("pk", S(format!("USER#{}#{}", users[0].pool, users[0].sub)))
        .key("sk", S("TENANT#acme".into()))
        .update_expression("SET username = :number")
        .expression_attribute_values(":number", aws_sdk_dynamodb::types::AttributeValue::N("7".into()))
        .send()
        .await
        .unwrap();

    let run = scene.desk.run("repair stamps --apply --yes");

    assert_page!(run);
    assert_eq!(scene.stamp(&users[1]).await.as_deref(), Some("acme"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_unless_somebody_says_yes() {
    let scene = Scene::new().await;
    pending_users(&scene, 1).await;

    let run = scene.desk.run("repair stamps --apply");

    assert_page!(run);
    assert_eq!(scene.updates(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_that_would_starve_sign_ups_is_no_rate() {
    let scene = Scene::new().await;

    for rate in ["0", "21"] {
        assert!(scene.desk.run(&format!("repair stamps --rate {rate}")).fails(2).contains("1..=20"));
    }
}
