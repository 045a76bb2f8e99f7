//! What a verified token tells, and what refusals are called. Which tokens are refused as what: `tests/vectors`.

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;
use tenant_token::{AcceptedUse, Refusal, Rules, TenantToken, TokenUse, Verifier};

use crate::support::*;

async fn judge(rules: Rules, token: &str) -> Result<TenantToken, Refusal> {
    Verifier::new(rules, keys()).unwrap().verify(token, now()).await
}

#[tokio::test]
async fn a_good_access_token_tells_its_tenant_and_all_else_that_was_verified() {
    let token = judge(rules().scope("orders/read"), &access_token()).await.unwrap();

    assert_eq!(token.tenant().as_str(), "acme");
    assert_eq!((token.tenant_name(), token.tenant_tier()), (Some("Acme Inc."), Some("pro")));
    assert_eq!(
        (token.roles(), token.features()),
        (&["admin".to_owned(), "viewer".to_owned()][..], &["sso".to_owned()][..])
    );
    assert!(token.has_role("viewer") && !token.has_role("Viewer") && !token.has_role("owner"));
    assert_eq!(token.groups(), ["acme-admins", "Finance&Ops"], "a pool's own group can have any name");
    assert_eq!(token.subject().to_string(), "eu-west-1_AbCdEf123|3f0c8d1e-ana");
    assert_eq!((token.subject().pool_id(), token.subject().sub()), (POOL, "3f0c8d1e-ana"));
    assert_eq!((token.client_id(), token.token_use(), token.is_machine()), (CLIENT, TokenUse::Access, false));
    assert!(token.has_scope("orders/read") && token.scopes().len() == 2);
    assert_eq!((token.issued_at(), token.expires_at()), (at(NOW_SECONDS - 600), at(NOW_SECONDS + 300)));
    assert_eq!(token.remaining(now()), Duration::from_mins(5));
    assert_eq!(token.claims()["origin_jti"], "2");
}

#[tokio::test]
async fn a_good_id_token_of_event_version_1_has_its_roles_as_one_text() {
    let token = judge(rules().token_use(AcceptedUse::Id), &signed(&id_claims())).await.unwrap();

    assert_eq!(
        (token.tenant().as_str(), token.token_use(), token.client_id()),
        ("acme", TokenUse::Id, CLIENT)
    );
    assert_eq!(token.roles(), ["admin", "viewer"]);
    assert!(token.scopes().is_empty() && token.groups().is_empty() && token.tenant_tier().is_none());
}

#[tokio::test]
async fn a_scope_in_an_id_token_opens_nothing() {
    for scope in [json!("orders/read"), json!(["orders/read"])] {
        let token = signed(&but(id_claims(), json!({ "scope": scope })));
        let token = judge(rules().token_use(AcceptedUse::Either), &token).await.unwrap();

        assert!(token.scopes().is_empty() && !token.has_scope("orders/read"), "{scope}");
    }
}

#[tokio::test]
async fn debug_output_has_no_claim_but_pool_sub_and_tenant() {
    let token = judge(rules().token_use(AcceptedUse::Id), &signed(&id_claims())).await.unwrap();

    let shown = format!("{token:?}");

    assert_eq!(
        shown,
        r#"TenantToken { pool_id: "eu-west-1_AbCdEf123", sub: "3f0c8d1e-ana", tenant: TenantId("acme"), .. }"#
    );
}

#[tokio::test]
async fn the_tenant_claim_can_have_another_name() {
    let mut names = tenant_token::ClaimNames::default();
    names.tenant_id = "org".to_owned();
    let token = signed(&but(access_claims(), json!({ "org": "globex" })));

    assert_eq!(judge(rules().claim_names(names.clone()), &token).await.unwrap().tenant().as_str(), "globex");
    assert_eq!(judge(rules().claim_names(names), &access_token()).await.unwrap_err(), Refusal::NoTenant);
}

#[test]
fn every_refusal_has_a_stable_name_and_a_status() {
    let rows = [
        (Refusal::TooLong, "too_long", 401),
        (Refusal::Malformed("exp"), "malformed", 401),
        (Refusal::Algorithm, "algorithm", 401),
        (Refusal::Issuer, "issuer", 401),
        (Refusal::KeyUnknown, "key_unknown", 401),
        (Refusal::KeysUnavailable, "keys_unavailable", 503),
        (Refusal::Signature, "signature", 401),
        (Refusal::Expired, "expired", 401),
        (Refusal::TooEarly, "too_early", 401),
        (Refusal::TooOld, "too_old", 401),
        (Refusal::TokenUse, "token_use", 401),
        (Refusal::Client, "client", 401),
        (Refusal::Scope, "scope", 403),
        (Refusal::NoTenant, "no_tenant", 401),
        (Refusal::BadClaim("tenant id"), "bad_claim", 401),
    ];
    let names: BTreeSet<&str> = rows.iter().map(|(refusal, ..)| refusal.code()).collect();

    assert_eq!(names.len(), 15);
    for (refusal, name, status) in rows {
        assert_eq!((refusal.code(), refusal.status()), (name, status));
    }
}
