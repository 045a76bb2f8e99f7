//! What a service gets that verifies its callers' tokens with `tenant-token`, from the sign-up to the handler.

use std::time::SystemTime;

use dev_stack::{EventVersion, Triggers};
use serde_json::json;
use tenant_token::{AcceptedUse, Clients, HttpsKeys, Issuer, Refusal, Rules, TenantToken, Verifier};

use crate::support::{EMAIL, UserPool, World, items};

/// The rules of a service for one app client of a pool of the local stack.
fn rules(pool: &UserPool<'_>) -> Rules {
    let issuer = Issuer::of_url(&pool.world.stack.cognito().issuer(&pool.id)).unwrap();
    Rules::new([issuer], Clients::listed([pool.client.clone()]))
}

async fn verdict(rules: Rules, token: &str) -> Result<TenantToken, Refusal> {
    let verifier = Verifier::new(rules, HttpsKeys::new().unwrap()).unwrap();
    #[expect(clippy::disallowed_methods, reason = "Cognito's clock here is the system's")]
    verifier.verify(token, SystemTime::now()).await
}

#[tokio::test]
async fn a_service_reads_the_tenant_of_a_member_who_signed_up_by_invite() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    let sub = pool.ana_joins_acme().await;
    let tokens = pool.sign_in(EMAIL).await.unwrap();

    let access = verdict(rules(&pool), &tokens.access_token).await.unwrap();
    let id = verdict(rules(&pool).token_use(AcceptedUse::Id), &tokens.id_token).await.unwrap();

    for token in [&access, &id] {
        assert_eq!(token.tenant().as_str(), "acme");
        assert_eq!((token.tenant_name(), token.tenant_tier()), (Some("acme Inc."), Some("pro")));
        assert_eq!(token.roles(), ["viewer"]);
        assert_eq!((token.subject().pool_id(), token.subject().sub()), (pool.id.as_str(), sub.as_str()));
        assert_eq!((token.client_id(), token.is_machine()), (pool.client.as_str(), false));
    }
    assert_eq!(json!(access.groups()), tokens.access["cognito:groups"]);
    assert!(access.has_scope("aws.cognito.signin.user.admin"));
    assert_eq!(verdict(rules(&pool), &tokens.id_token).await.unwrap_err(), Refusal::TokenUse);
}

#[tokio::test]
async fn a_token_of_another_pool_or_app_client_is_refused() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    pool.ana_joins_acme().await;
    let token = pool.sign_in(EMAIL).await.unwrap().access_token;

    // The stack signs for all its pools with the same keys, so only the rules can tell.
    let other_pool = world.user_pool(EventVersion::V2);
    let other_client = UserPool { world: &world, id: pool.id.clone(), client: "another".to_owned() };

    assert_eq!(verdict(rules(&other_pool), &token).await.unwrap_err(), Refusal::Issuer);
    assert_eq!(verdict(rules(&other_client), &token).await.unwrap_err(), Refusal::Client);
}

#[tokio::test]
async fn without_the_trigger_there_are_tokens_and_a_service_lets_none_of_them_in() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    pool.ana_joins_acme().await;
    let before = pool.sign_in(EMAIL).await.unwrap();

    world.stack.cognito().set_triggers(&pool.id, &Triggers::default()).unwrap();
    let after = pool.sign_in(EMAIL).await.unwrap();

    assert!(verdict(rules(&pool), &before.access_token).await.is_ok());
    assert_eq!(verdict(rules(&pool), &after.access_token).await.unwrap_err(), Refusal::NoTenant);
    // The stamp is still in the ID token, and it is not the tenant.
    assert_eq!(after.id["custom:tenantId"], "acme");
    let ids = rules(&pool).token_use(AcceptedUse::Id);
    assert_eq!(verdict(ids, &after.id_token).await.unwrap_err(), Refusal::NoTenant);
}

#[tokio::test]
async fn with_event_version_1_a_service_verifies_the_id_token() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V1);
    pool.ana_joins_acme().await;
    let tokens = pool.sign_in(EMAIL).await.unwrap();

    assert_eq!(verdict(rules(&pool), &tokens.access_token).await.unwrap_err(), Refusal::NoTenant);
    let id = verdict(rules(&pool).token_use(AcceptedUse::Id), &tokens.id_token).await.unwrap();

    assert_eq!((id.tenant().as_str(), id.roles()), ("acme", &["viewer".to_owned()][..]));
}

#[tokio::test]
async fn a_suspended_tenant_gets_no_new_token_and_the_old_one_works_until_it_expires() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    pool.ana_joins_acme().await;
    let tokens = pool.sign_in(EMAIL).await.unwrap();

    world.put(items::but(items::tenant("acme"), json!({ "status": "suspended" }))).await;

    assert!(pool.sign_in(EMAIL).await.unwrap_err().contains("suspended"));
    let token = verdict(rules(&pool), &tokens.access_token).await.unwrap();
    let verifier = Verifier::new(rules(&pool), HttpsKeys::new().unwrap()).unwrap();
    let expired = token.expires_at() + std::time::Duration::from_secs(30);
    assert_eq!(verifier.verify(&tokens.access_token, expired).await.unwrap_err(), Refusal::Expired);
}

const MARKER: &str = "tenancy/member";

/// The rules of a gateway that demands the marker. The verifier looks at scopes before it looks at the tenant.
fn marker_rules(pool: &UserPool<'_>) -> Rules {
    rules(pool).scope(MARKER)
}

#[tokio::test]
async fn the_marker_is_gone_from_tokens_when_the_trigger_is_detached() {
    let world = World::with_settings(&[("MARKER_SCOPE", MARKER)]).await;
    let pool = world.user_pool(EventVersion::V2);
    pool.ana_joins_acme().await;
    let before = pool.sign_in(EMAIL).await.unwrap();
    let refreshed = pool.refresh(before.refresh_token.as_deref().unwrap()).await.unwrap();

    world.stack.cognito().set_triggers(&pool.id, &Triggers::default()).unwrap();
    let after = pool.sign_in(EMAIL).await.unwrap();
    let refreshed_after = pool.refresh(before.refresh_token.as_deref().unwrap()).await.unwrap();

    for tokens in [&before, &refreshed] {
        assert_eq!(tokens.access["scope"], format!("aws.cognito.signin.user.admin {MARKER}"));
        assert!(verdict(marker_rules(&pool), &tokens.access_token).await.is_ok());
    }
    for tokens in [&after, &refreshed_after] {
        assert_eq!(tokens.access["scope"], "aws.cognito.signin.user.admin");
        assert_eq!(verdict(marker_rules(&pool), &tokens.access_token).await.unwrap_err(), Refusal::Scope);
    }
    assert_eq!(before.id.get("scope"), None, "an ID token never passes");
}

#[tokio::test]
async fn with_event_version_1_or_in_observe_mode_a_token_without_a_tenant_has_no_marker() {
    let old = World::with_settings(&[("MARKER_SCOPE", MARKER)]).await;
    let old_pool = old.user_pool(EventVersion::V1);
    old_pool.ana_joins_acme().await;
    let observing = World::with_settings(&[("MARKER_SCOPE", MARKER), ("MODE", "observe")]).await;
    let observed_pool = observing.user_pool(EventVersion::V2);
    observed_pool.ana_joins_acme().await;
    let member = observed_pool.sign_in(EMAIL).await.unwrap();
    observing.put(items::but(items::tenant("acme"), json!({ "status": "suspended" }))).await;

    let suspended = observed_pool.sign_in(EMAIL).await.unwrap();
    let old_token = old_pool.sign_in(EMAIL).await.unwrap().access_token;

    assert!(verdict(marker_rules(&observed_pool), &member.access_token).await.is_ok());
    let observed = verdict(marker_rules(&observed_pool), &suspended.access_token).await;
    assert_eq!(observed.unwrap_err(), Refusal::Scope);
    assert_eq!(verdict(marker_rules(&old_pool), &old_token).await.unwrap_err(), Refusal::Scope);
}
