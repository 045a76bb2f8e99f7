//! Pools of one tenant (`POOL_TENANT`), tenants of other pools, and a pool where nobody joins (`REDEEM=off`).

use serde_json::{Value, json};
use tenancy::{ClientBindingMode, MembershipStatus, TenantStatus};

use super::world::{CODE, World, with};
use crate::assert_replay;

const ELSEWHERE: &str = "eu-west-1_Other";

/// The options that make the desk's pool the pool of `tenant`.
fn pool_of(world: &World, tenant: &str) -> String {
    format!("--set USER_POOL_IDS={} --set POOL_TENANT={tenant}", world.desk.pool)
}

fn machine(world: &World) -> Value {
    let event = with(world.sign_in(), "/triggerSource", json!("TokenGeneration_ClientCredentials"));
    let event = with(event, "/userName", json!("ClientCredentials"));
    let request = json!({ "userAttributes": {}, "groupConfiguration": null, "scopes": ["orders/read"] });
    with(event, "/request", request)
}

fn refresh(world: &World) -> Value {
    with(world.sign_in(), "/triggerSource", json!("TokenGeneration_RefreshTokens"))
}

fn why(document: &Value) -> &str {
    document["refusal"]["why"].as_str().unwrap_or_else(|| panic!("{document:#}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_pool_of_one_tenant_every_user_is_bound_to_it_by_the_pool() {
    let world = World::with_ana().await;
    world.join("globex", &["guest"]).await;
    let initech = pool_of(&world, "initech");
    let asking = with(world.sign_in(), "/request/clientMetadata", json!({ "tenantId": "acme" }));
    let with_code = with(world.sign_in(), "/request/clientMetadata", json!({ "inviteCode": CODE }));
    world.invite("acme", None).await;

    let (_, granted) = world.document(&world.sign_in(), &pool_of(&world, "globex")).await;
    let foreign = world.replay(&world.sign_in(), &initech).await;
    let (_, asked) = world.document(&asking, &initech).await;
    let (_, code) = world.document(&with_code, &initech).await;
    let confirmation = with(world.confirmation(), "/request/clientMetadata/tenantId", json!("acme"));
    let (_, confirmed) = world.document(&confirmation, &initech).await;

    let tenant = &granted["tenant"];
    assert_eq!((&tenant["tenantId"], &tenant["chosenBy"]), (&json!("globex"), &json!("client_binding")));
    assert_eq!(tenant["why"], "this user pool belongs to it (POOL_TENANT)");
    assert_eq!(foreign.code, 4);
    assert_replay!(foreign);
    assert_eq!(
        why(&asked),
        "This user pool belongs to initech (POOL_TENANT), and the request asks for acme."
    );
    assert!(asked["refusal"]["advice"][0]["what"].as_str().unwrap().contains("at another user pool"));
    assert_eq!(code["notRedeemed"][0]["why"], "this user pool belongs to initech (POOL_TENANT)");
    assert!(
        why(&confirmed).contains("another tenant than that of this user pool (POOL_TENANT)"),
        "{confirmed:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_pool_of_one_tenant_a_machine_carries_it_unless_its_binding_says_otherwise() {
    let world = World::new().await;
    let options = pool_of(&world, "acme");
    let event = machine(&world);

    let (code, unbound) = world.document(&event, &options).await;
    world.set_tenant("acme", TenantStatus::Suspended).await;
    let (_, suspended) = world.document(&event, &options).await;
    world.set_tenant("acme", TenantStatus::Active).await;
    world.desk.put_into("acme", &[ELSEWHERE]).await;
    let (_, elsewhere) = world.document(&event, &options).await;
    world.desk.put_into("acme", &[&world.desk.pool]).await;
    world.bind("acme", ClientBindingMode::Required).await;
    let (_, required) = world.document(&event, &format!("{options} --set UNBOUND_MACHINE=refuse")).await;

    assert_eq!((code, &unbound["tenant"]["tenantId"]), (0, &json!("acme")), "{unbound:#}");
    assert_eq!(unbound["tenant"]["why"], "this user pool belongs to it (POOL_TENANT)");
    assert_eq!(why(&suspended), "The tenant acme is suspended; this user pool belongs to it (POOL_TENANT).");
    assert_eq!(
        why(&elsewhere),
        "This user pool belongs to acme (POOL_TENANT), and the user pool of acme is eu-west-1_Other."
    );
    assert!(elsewhere["refusal"]["advice"][0]["what"].as_str().unwrap().starts_with("Correct POOL_TENANT"));
    let advice = &required["refusal"]["advice"][0];
    assert_eq!(advice["what"], "Unbind it, so that its own tokens carry acme");
    let command = advice["command"].as_str().unwrap().trim_start_matches("tenantctl ");
    world.desk.run(&format!("{command} --yes")).ok();
    assert_eq!(world.document(&event, &options).await.0, 0, "the command helps");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_of_other_pools_is_named_with_its_pools_for_users_and_for_machines() {
    let world = World::with_ana().await;
    world.desk.put_into("acme", &[ELSEWHERE, "eu-west-1_Third"]).await;
    world.bind("acme", ClientBindingMode::Machine).await;

    let (_, user) = world.document(&world.sign_in(), "").await;
    let machine = world.replay(&machine(&world), "").await;

    assert_eq!(user["refusal"]["reason"], "other_pool");
    let pools = "The user pools of acme are eu-west-1_Other and eu-west-1_Third.";
    assert_eq!(why(&user), pools);
    assert_eq!(user["refusal"]["advice"][0]["what"], "The user signs in at a user pool of acme");
    assert_eq!(user["memberships"][0]["isInThisPool"], false);
    assert_eq!(machine.code, 4);
    assert_replay!(machine);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_tenant_here_it_is_said_what_became_of_each_membership() {
    let world = World::with_ana().await;
    world.join("globex", &[]).await;
    world.set_member("acme", MembershipStatus::Removed).await;
    world.set_member("globex", MembershipStatus::Suspended).await;
    world.desk.put_into("globex", &[ELSEWHERE]).await;

    let (code, document) = world.document(&world.sign_in(), "").await;

    assert_eq!((code, &document["refusal"]["code"]), (4, &json!("NO_TENANT")));
    let expected = "The user has no membership that counts here: removed from acme; suspended in globex, which is in other \
                    user pools.";
    assert!(why(&document).starts_with(expected), "{}", why(&document));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_membership_of_another_pools_tenant_is_not_what_is_to_be_resumed() {
    let world = World::with_ana().await;
    world.join("globex", &[]).await;
    world.set_member("acme", MembershipStatus::Suspended).await;
    world.set_member("globex", MembershipStatus::Suspended).await;
    world.desk.put_into("globex", &[ELSEWHERE]).await;

    let (_, document) = world.document(&world.sign_in(), "").await;

    assert_eq!(why(&document), "The user's membership in acme is suspended; there is no active one.");
    assert_eq!(document["refusal"]["advice"].as_array().unwrap().len(), 1, "{document:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_refresh_names_only_tenants_that_the_next_sign_in_can_choose() {
    let world = World::with_ana().await;
    world.join("globex", &[]).await;
    world.desk.run("tenant create initech --name Initech --tier free").ok();
    world.join("initech", &[]).await;
    world.set_member("acme", MembershipStatus::Removed).await;
    world.desk.put_into("initech", &[ELSEWHERE]).await;

    let (_, refused) = world.document(&refresh(&world), "").await;
    let (_, redeem_off) = world.document(&refresh(&world), "--set REDEEM=off").await;

    assert_eq!(refused["refusal"]["code"], "CHOOSE_TENANT");
    assert!(why(&refused).ends_with("The user is a member of globex."), "{}", why(&refused));
    let again = |document: &Value| document["refusal"]["advice"][0]["what"].as_str().unwrap().to_owned();
    assert!(again(&refused).ends_with("falls back to globex, and makes it the default tenant"));
    assert!(again(&redeem_off).ends_with("the default tenant stays, and a refresh is refused again"));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_redeem_off_no_move_of_the_default_is_claimed() {
    let world = World::with_ana().await;
    world.join("globex", &["guest"]).await;
    world.set_member("acme", MembershipStatus::Removed).await;

    let (code, document) = world.document(&world.sign_in(), "--set REDEEM=off").await;

    let tenant = &document["tenant"];
    assert_eq!((code, &tenant["tenantId"], &tenant["chosenBy"]), (0, &json!("globex"), &json!("fallback")));
    assert_eq!(document["wouldMoveDefault"], Value::Null);
    assert_eq!(document["store"]["withheldWrites"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_that_no_token_came_of_is_not_moved() {
    let world = World::with_ana().await;
    world.join("globex", &["guest"]).await;
    world.set_member("acme", MembershipStatus::Removed).await;

    let (code, document) = world.document(&world.sign_in(), "--set CLAIM_BYTES_MAX=64").await;

    assert_eq!((code, &document["refusal"]["reason"]), (4, &json!("claims_too_large")));
    assert_eq!(document["wouldMoveDefault"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_redeem_off_a_user_who_would_join_is_refused_and_support_learns_where_they_can() {
    let world = World::new().await;
    world.bind("acme", ClientBindingMode::Required).await;

    let (_, uninvited) = world.document(&world.sign_in(), "--set REDEEM=off").await;
    world.invite("acme", Some("ana@example.com")).await;
    let run = world.replay(&world.sign_in(), "--set REDEEM=off").await;

    let invite = uninvited["refusal"]["advice"][1]["what"].as_str().unwrap();
    assert!(invite.contains("the next sign-in in the Region with REDEEM=on redeems"), "{invite}");
    assert_eq!(run.code, 4);
    assert_replay!(run);
}
