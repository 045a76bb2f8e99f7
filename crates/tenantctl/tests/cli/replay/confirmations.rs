//! post-confirmation.

use serde_json::{Value, json};
use tenancy::TenantStatus;

use super::world::{CODE, EMAIL, World, with};
use crate::assert_replay;

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_shows_what_would_be_redeemed_and_stamped() {
    let world = World::new().await;
    world.invite("acme", None).await;

    let run = world.replay(&world.confirmation(), "").await;

    assert_eq!(run.code, 0);
    for secret in [EMAIL, CODE] {
        assert!(!run.to_string().contains(secret), "{run}");
    }
    assert_replay!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_can_be_looked_at_before_and_after_its_end() {
    let world = World::new().await;
    world.invite("acme", None).await;

    let now = world.replay(&world.confirmation(), "").await;
    let later = world.replay(&world.confirmation(), "--at 2199-12-31T23:59:59Z").await;

    assert_eq!((now.code, later.code), (0, 4));
    assert_replay!(later);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_of_a_suspended_tenant_admits_nobody() {
    let world = World::new().await;
    world.invite("acme", None).await;
    world.set_tenant("acme", TenantStatus::Suspended).await;

    let (code, document) = world.document(&world.confirmation(), "").await;
    let (admitted_code, admitted) = world.document(&world.confirmation(), "--set UNINVITED=admit").await;

    assert_eq!((code, &document["refusal"]["code"]), (4, &json!("INVITE_REQUIRED")));
    assert_eq!(document["refusal"]["reason"], "tenant_not_active");
    assert_eq!(document["notRedeemed"][0]["why"], "acme is suspended");
    assert_eq!((admitted_code, &admitted["outcome"]), (0, &json!("admitted")));
    assert_eq!(admitted["redemption"], "tenant_not_active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_of_the_password_does_nothing() {
    let world = World::new().await;
    let event = with(world.confirmation(), "/triggerSource", json!("PostConfirmation_ConfirmForgotPassword"));

    let (code, document) = world.document(&event, "").await;

    assert_eq!((code, &document["outcome"]), (0, &json!("passed")));
    assert_eq!((&document["store"]["reads"], &document["memberships"]), (&json!(0), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_code_is_refused_without_a_call() {
    let world = World::new().await;
    let event = with(world.confirmation(), "/request/clientMetadata/inviteCode", json!("inv_secret"));

    let (code, document) = world.document(&event, "").await;

    assert_eq!((code, &document["refusal"]["reason"]), (4, &json!("malformed_code")));
    assert_eq!(document["store"]["reads"], 0);
    assert!(!document.to_string().contains("inv_secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_is_confirmed_again_only_lacks_the_stamp() {
    let world = World::with_ana().await;
    let mut event = world.confirmation();
    event["request"].as_object_mut().unwrap().remove("clientMetadata");

    let (code, document) = world.document(&event, "").await;

    assert_eq!((code, &document["outcome"]), (0, &json!("already_joined")));
    assert_eq!(document["wouldRedeem"], json!([]));
    assert_eq!(
        document["wouldStamp"],
        json!({ "attribute": "custom:tenantId", "tenantId": "acme", "memberships": ["acme"] })
    );
    assert_eq!(document["store"]["withheldWrites"], 2, "the attribute, and the note of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_invite_of_the_address_goes_before_the_identity_providers_tenant() {
    let world = World::new().await;
    world.bind_provider("globex").await;
    let mut event = world.confirmation();
    event["request"] = json!({ "userAttributes": {
        "sub": super::world::SUB, "email": EMAIL, "email_verified": "true",
        "cognito:user_status": "EXTERNAL_PROVIDER",
        "identities": r#"[{"providerName":"Corp","providerType":"OIDC","primary":true}]"#,
    } });
    let verified = "--set EMAIL_VERIFIED_PROVIDERS=Corp";

    let (_, joins) = world.document(&event, verified).await;
    world.invite_by_address("acme").await;
    let run = world.replay(&event, verified).await;

    assert_eq!(joins["wouldRedeem"][0]["by"], "identity-provider");
    assert_eq!(run.code, 0);
    assert_replay!(run);
}
