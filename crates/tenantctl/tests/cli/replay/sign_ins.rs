//! pre-token-generation.

use serde_json::{Value, json};
use tenancy::{ClientBindingMode, MembershipStatus, TenantStatus};

use super::world::{SUB, World, with};
use crate::assert_replay;

fn asking_for(event: Value, tenant: &str) -> Value {
    with(event, "/request/clientMetadata", json!({ "tenantId": tenant }))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_tenant_is_granted_and_every_change_of_the_tokens_is_shown() {
    let world = World::with_ana().await;
    world.join("globex", &["guest"]).await;
    let mut event = with(world.sign_in(), "/request/userAttributes/custom:tenantId", json!("initech"));
    event["request"]["groupConfiguration"] = json!({
        "groupsToOverride": ["pool-group"],
        "iamRolesToOverride": ["arn:aws:iam::123456789012:role/pool"],
        "preferredRole": "arn:aws:iam::123456789012:role/pool",
    });

    let run = world.replay(&event, "").await;

    assert_eq!(run.code, 0);
    assert_replay!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_said_by_what_the_tenant_was_chosen() {
    let world = World::with_ana().await;
    let chosen = async |event: &Value| {
        let (code, document) = world.document(event, "").await;
        assert_eq!((code, &document["outcome"]), (0, &json!("issued")), "{document:#}");
        assert_eq!(document["tokens"]["access"]["changes"][2]["claim"], "tenant_roles", "{document:#}");
        (document["tenant"]["tenantId"].clone(), document["tenant"]["chosenBy"].clone())
    };

    let by_default = chosen(&world.sign_in()).await;
    let asked = chosen(&asking_for(world.sign_in(), "acme")).await;
    world.forget_default().await;
    let first = chosen(&world.sign_in()).await;
    world.bind("acme", ClientBindingMode::Required).await;
    let bound = chosen(&world.sign_in()).await;

    assert_eq!(by_default, (json!("acme"), json!("default")));
    assert_eq!(asked, (json!("acme"), json!("asked")));
    assert_eq!(first, (json!("acme"), json!("joined_first")));
    assert_eq!(bound, (json!("acme"), json!("client_binding")));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_than_the_users_is_refused_and_noted() {
    let world = World::with_ana().await;
    let event = with(world.sign_in(), "/request/userAttributes/custom:tenantId", json!("globex"));

    let run = world.replay(&asking_for(event, "globex"), "").await;

    assert_eq!(run.code, 4);
    assert_replay!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_another_tenant_refuses_and_its_binding_is_shown() {
    let world = World::with_ana().await;
    world.bind("globex", ClientBindingMode::Required).await;

    let run = world.replay(&world.sign_in(), "").await;

    assert_eq!(run.code, 4);
    assert_replay!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_falls_back_from_a_lost_default_and_the_move_is_shown() {
    let world = World::with_ana().await;
    world.join("globex", &["guest"]).await;
    world.set_member("acme", MembershipStatus::Removed).await;

    let run = world.replay(&world.sign_in(), "").await;
    let (_, document) = world.document(&world.sign_in(), "").await;

    assert_eq!(run.code, 0);
    assert_replay!(run);
    assert_eq!(document["tenant"]["chosenBy"], "fallback");
    assert_eq!(document["wouldMoveDefault"], json!({ "from": "acme", "to": "globex" }));
    assert_eq!(document["store"]["withheldWrites"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_after_a_lost_default_is_refused_and_support_learns_what_helps() {
    let world = World::with_ana().await;
    world.join("globex", &[]).await;
    world.set_member("acme", MembershipStatus::Removed).await;
    let refresh = with(world.sign_in(), "/triggerSource", json!("TokenGeneration_RefreshTokens"));

    let run = world.replay(&refresh, "").await;

    assert_eq!(run.code, 4);
    assert_replay!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_from_a_provider_of_no_tenant_opens_nothing_and_support_learns_why() {
    let world = World::new().await;
    world.invite("acme", Some("ana@example.com")).await;
    let mut event = with(world.sign_in(), "/triggerSource", json!("TokenGeneration_HostedAuth"));
    event["request"]["userAttributes"]["cognito:user_status"] = json!("EXTERNAL_PROVIDER");
    event["request"]["userAttributes"]["identities"] =
        json!(r#"[{"providerName":"Corp","providerType":"SAML","primary":"true"}]"#);
    let later = with(event.clone(), "/triggerSource", json!("TokenGeneration_Authentication"));

    let run = world.replay(&event, "").await;
    let (_, later) = world.document(&later, "").await;
    let (listed_code, listed) = world.document(&event, "--set EMAIL_VERIFIED_PROVIDERS=Corp").await;

    assert_eq!(run.code, 4);
    assert_replay!(run);
    let why = later["refusal"]["why"].as_str().unwrap();
    assert!(why.contains("counts only when the user signs in through that provider"), "{why}");
    assert_eq!((listed_code, &listed["wouldRedeem"][0]["tenantId"]), (0, &json!("acme")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_tenant_and_a_suspended_membership_are_told_apart() {
    let world = World::with_ana().await;
    world.set_tenant("acme", TenantStatus::Suspended).await;
    let (tenant_code, tenant) = world.document(&world.sign_in(), "").await;
    world.set_tenant("acme", TenantStatus::Active).await;
    world.set_member("acme", MembershipStatus::Suspended).await;
    let (member_code, member) = world.document(&world.sign_in(), "").await;

    assert_eq!((tenant_code, member_code), (4, 4));
    assert_eq!(tenant["refusal"]["code"], "SUSPENDED");
    assert_eq!(tenant["refusal"]["why"], "The tenant acme is suspended; it is the user's default tenant.");
    assert_eq!(tenant["refusal"]["advice"][0]["command"], "tenantctl tenant resume acme");
    assert_eq!(tenant["tenant"]["granted"], false);
    assert_eq!(tenant["memberships"][0]["tenantStatus"], "suspended");
    assert_eq!(member["refusal"]["code"], "SUSPENDED");
    assert_eq!(
        member["refusal"]["why"],
        "The user's membership in acme is suspended; there is no active one."
    );
    assert_eq!(member["tenant"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_in_no_tenant_and_support_learns_why_no_invite_counts() {
    let world = World::new().await;
    let event = with(world.sign_in(), "/request/userAttributes/email_verified", json!("false"));

    let run = world.replay(&event, "").await;

    assert_eq!(run.code, 4);
    assert_replay!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_redemption_is_shown_as_what_it_would_do() {
    let world = World::new().await;
    world.invite("acme", Some("ana@example.com")).await;

    let run = world.replay(&world.sign_in(), "").await;

    assert_eq!(run.code, 0);
    assert_replay!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_that_a_code_would_add_are_in_the_tokens() {
    let world = World::with_ana().await;
    world.invite("acme", None).await;
    let event = with(world.sign_in(), "/request/clientMetadata", json!({ "inviteCode": super::world::CODE }));

    let (code, document) = world.document(&event, "").await;

    assert_eq!(code, 0, "{document:#}");
    let redeemed = &document["wouldRedeem"][0];
    assert_eq!((&redeemed["by"], &redeemed["membership"]), (&json!("code"), &json!("add-roles")));
    assert_eq!(redeemed["roles"], json!(["admin", "viewer", "guest"]));
    assert_eq!(document["memberships"][0]["roles"], json!(["admin", "viewer"]), "as they are in the table");
    let roles = &document["tokens"]["id"]["changes"];
    let roles = roles.as_array().unwrap().iter().find(|change| change["claim"] == "tenant_roles").unwrap();
    assert_eq!(roles["after"], json!(["admin", "viewer", "guest"]));
    assert_eq!(document["store"]["withheldWrites"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_code_says_which_invite_and_that_the_user_can_do_without() {
    let world = World::with_ana().await;
    world.invite("globex", Some("bob@example.com")).await;
    let event = with(world.sign_in(), "/request/clientMetadata", json!({ "inviteCode": super::world::CODE }));

    let run = world.replay(&event, "").await;

    assert_eq!(run.code, 4);
    for secret in ["bob@example.com", "ana@example.com", super::world::CODE] {
        assert!(!run.to_string().contains(secret), "{run}");
    }
    assert_replay!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_gets_its_tenant_or_a_bare_token_or_none() {
    let world = World::new().await;
    let mut event = world.sign_in();
    event["version"] = json!("3");
    event["triggerSource"] = json!("TokenGeneration_ClientCredentials");
    event["request"] = json!({});
    event.as_object_mut().unwrap().remove("userName");

    let (bare_code, bare) = world.document(&event, "").await;
    let (refused_code, refused) = world.document(&event, "--set UNBOUND_MACHINE=refuse").await;
    world.bind("acme", ClientBindingMode::Machine).await;
    let bound = world.replay(&event, "").await;

    assert_eq!((bare_code, &bare["outcome"]), (0, &json!("passed")));
    assert_eq!((refused_code, &refused["refusal"]["code"]), (4, &json!("WRONG_TENANT")));
    assert_eq!(bound.code, 0);
    assert_replay!(bound);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_marker_scope_comes_with_the_tenant_and_never_by_request() {
    let world = World::with_ana().await;
    let mut machine = world.sign_in();
    machine["triggerSource"] = json!("TokenGeneration_ClientCredentials");
    machine["request"] = json!({ "scopes": ["tenancy/member"] });

    let (_, issued) = world.document(&world.sign_in(), "--set MARKER_SCOPE=tenancy/member").await;
    let (code, refused) = world.document(&machine, "--set MARKER_SCOPE=tenancy/member").await;

    let changes = issued["tokens"]["access"]["changes"].as_array().unwrap();
    let scope = changes.iter().find(|change| change["claim"] == "scope").unwrap();
    assert!(scope["after"].as_str().unwrap().ends_with(" tenancy/member"), "{scope}");
    assert_eq!((code, &refused["refusal"]["reason"]), (4, &json!("marker_requested")));
    assert_eq!(refused["warnings"][0]["event"], "security.cross_tenant");
    let advice = refused["refusal"]["advice"].to_string();
    assert!(advice.contains("tenantctl client bind") && advice.contains("AllowedOAuthScopes"), "{advice}");
}

#[tokio::test(flavor = "multi_thread")]
async fn version_1_is_answered_in_its_own_form() {
    let world = World::with_ana().await;
    let mut event = world.sign_in();
    event["version"] = json!("1");
    event["response"] = json!({ "claimsOverrideDetails": null });
    event["request"].as_object_mut().unwrap().remove("scopes");

    let run = world.replay(&event, "").await;

    assert_eq!(run.code, 0);
    assert_replay!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_tried_out_and_claims_that_are_too_large_refuse() {
    let world = World::with_ana().await;

    let (_, renamed) = world
        .document(&world.sign_in(), "--set 'GROUP_FORMAT={tenant_id}:{role}' --set CLAIM_TENANT_ID=org_id")
        .await;
    let large = world.replay(&world.sign_in(), "--set CLAIM_BYTES_MAX=64").await;

    let access = renamed["tokens"]["access"]["changes"].as_array().unwrap();
    let after = |claim: &str| &access.iter().find(|change| change["claim"] == claim).unwrap()["after"];
    assert_eq!(after("org_id"), "acme");
    assert_eq!(after("cognito:groups"), &json!(["acme-admins", "acme:viewer"]));
    assert_eq!(
        renamed["settings"],
        json!({ "CLAIM_TENANT_ID": "org_id", "GROUP_FORMAT": "{tenant_id}:{role}" })
    );
    assert_eq!(large.code, 4);
    assert_replay!(large);
}

#[tokio::test(flavor = "multi_thread")]
async fn iam_roles_are_shown_where_they_are_admitted_and_noted_where_not() {
    let world = World::with_ana().await;
    let arn = "arn:aws:iam::123456789012:role/acme-admin";
    world.set_iam_role("acme", arn).await;

    let (_, left_out) = world.document(&world.sign_in(), "").await;
    let allowed = "--set IAM_ROLE_ALLOWLIST=arn:aws:iam::123456789012:role/acme-*";
    let (_, admitted) = world.document(&world.sign_in(), allowed).await;

    let roles = |document: &Value| {
        let changes = document["tokens"]["id"]["changes"].as_array().unwrap().clone();
        changes.into_iter().find(|change| change["claim"] == "cognito:roles")
    };
    assert_eq!(roles(&left_out), None);
    assert_eq!(left_out["warnings"][0]["event"], "data.integrity");
    assert_eq!(roles(&admitted), Some(json!({ "change": "add", "claim": "cognito:roles", "after": [arn] })));
    assert_eq!(admitted["warnings"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn observe_mode_lets_through_and_says_what_enforce_would_have_done() {
    let world = World::new().await;

    let run = world.replay(&world.sign_in(), "--set MODE=observe").await;

    assert_eq!(run.code, 0);
    assert_replay!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_item_is_named() {
    let world = World::with_ana().await;
    let partition = format!("USER#{}#{SUB}", world.desk.pool);
    world.desk.set_text(&partition, "TENANT#acme", "status", "Active").await;

    let run = world.replay(&world.sign_in(), "").await;

    assert_eq!(run.code, 4);
    assert_replay!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reply_is_the_event_with_only_its_response_replaced() {
    let world = World::with_ana().await;
    let event = world.sign_in();

    let (_, document) = world.document(&event, "--reply").await;
    let (_, refused) = world.document(&asking_for(event.clone(), "globex"), "--reply").await;
    let (_, without) = world.document(&event, "").await;

    let mut reply = document["reply"].clone();
    let response = reply["response"].take();
    assert_eq!(reply, with(event, "/response", Value::Null));
    let access = &response["claimsAndScopeOverrideDetails"]["accessTokenGeneration"]["claimsToAddOrOverride"];
    assert_eq!(access["tenant_id"], "acme");
    assert_eq!(
        refused["reply"],
        json!({ "errorType": "WRONG_TENANT", "errorMessage": "Your account cannot sign in to this organization" })
    );
    assert_eq!(without.get("reply"), None);
    assert!(!without.to_string().contains("ana@example.com"), "no address without being asked");
}
