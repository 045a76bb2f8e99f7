//! Which tokens are refused, and as what. Each row is one token, signed with the pool's key unless it says otherwise.

use std::{collections::BTreeSet, time::Duration};

use crate::support::*;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tenant_token::{
    AcceptedUse, Clients, Issuer, IssuerForm, Refusal, Rules, TenantToken, TokenUse, Verifier,
};

type Verdict = Result<TenantToken, Refusal>;

async fn judge(rules: Rules, token: &str) -> Verdict {
    Verifier::new(rules, keys()).unwrap().verify(token, now()).await
}

async fn judge_access(changes: Value) -> Verdict {
    judge(rules(), &signed(&but(access_claims(), changes))).await
}

async fn judge_id(changes: Value) -> Verdict {
    judge(rules().token_use(AcceptedUse::Id), &signed(&but(id_claims(), changes))).await
}

fn with_header(changes: Value) -> String {
    KEY.sign(&but(header(), changes).to_string(), &access_claims().to_string())
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
    let token = judge_id(json!({})).await.unwrap();

    assert_eq!(
        (token.tenant().as_str(), token.token_use(), token.client_id()),
        ("acme", TokenUse::Id, CLIENT)
    );
    assert_eq!(token.roles(), ["admin", "viewer"]);
    assert!(token.scopes().is_empty() && token.groups().is_empty() && token.tenant_tier().is_none());
}

#[tokio::test]
async fn a_machine_is_told_from_a_user() {
    let machine = json!({ "sub": CLIENT, "username": null, "cognito:groups": null });
    assert!(judge_access(machine).await.unwrap().is_machine());
    assert!(!judge_access(json!({ "sub": CLIENT })).await.unwrap().is_machine());
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

/// Checks 1 to 5: the form, the header, the issuer, the key, the signature.
#[tokio::test]
async fn a_token_of_the_wrong_form_or_of_another_signer_is_refused() {
    let good = access_token();
    let parts: Vec<&str> = good.split('.').collect();
    let [head, body, signature] = parts[..] else { unreachable!() };
    let encoded = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let payload = |text: &str| KEY.sign(&header().to_string(), text);
    let malformed = |which| Refusal::Malformed(which);
    let unsigned = format!("{}.{body}.", encoded(r#"{"alg":"none","kid":"the-key"}"#));
    let twice = access_claims().to_string().replacen('{', r#"{"tenant_id":"globex","#, 1);
    let rows = [
        ("no text", String::new(), malformed("not three parts")),
        ("two parts", format!("{head}.{body}"), malformed("not three parts")),
        ("four parts", format!("{head}.{body}.{body}.{signature}"), malformed("payload")),
        ("16,385 bytes", "a".repeat(16_385), Refusal::TooLong),
        ("16,384 bytes", "a".repeat(16_384), malformed("not three parts")),
        ("padding", format!("{head}.{body}.{signature}=="), malformed("signature")),
        ("the other base64 alphabet", format!("{head}.{body}.+/+/"), malformed("signature")),
        ("a blank before", format!(" {good}"), malformed("header")),
        ("a line break behind", format!("{good}\n"), malformed("signature")),
        ("the scheme before", format!("Bearer {good}"), malformed("header")),
        ("a header that is a list", KEY.sign("[]", &access_claims().to_string()), malformed("header")),
        ("a payload that is a text", payload("\"acme\""), malformed("payload")),
        ("a payload with more behind", payload(&format!("{}{{}}", access_claims())), malformed("payload")),
        (
            "a payload that is not UTF-8",
            format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(b"{\"\xff\":1}")),
            malformed("payload"),
        ),
        ("a claim twice", payload(&twice), malformed("payload")),
        (
            "a header name twice",
            KEY.sign(r#"{"alg":"none","alg":"RS256","kid":"the-key"}"#, &access_claims().to_string()),
            malformed("header"),
        ),
        ("alg none, unsigned", unsigned, Refusal::Algorithm),
        ("alg none, signed", with_header(json!({ "alg": "none" })), Refusal::Algorithm),
        ("alg HS256", with_header(json!({ "alg": "HS256" })), Refusal::Algorithm),
        ("alg rs256", with_header(json!({ "alg": "rs256" })), Refusal::Algorithm),
        ("alg RS512", with_header(json!({ "alg": "RS512" })), Refusal::Algorithm),
        ("no alg", with_header(json!({ "alg": null })), Refusal::Algorithm),
        ("crit", with_header(json!({ "crit": ["b64"] })), malformed("header crit")),
        ("typ of something else", with_header(json!({ "typ": "dpop+jwt" })), malformed("header typ")),
        ("no kid", with_header(json!({ "kid": null })), malformed("header kid")),
        ("an empty kid", with_header(json!({ "kid": "" })), malformed("header kid")),
        ("a kid of 257 characters", with_header(json!({ "kid": "k".repeat(257) })), malformed("header kid")),
        ("a kid with a line break", with_header(json!({ "kid": "a\nb" })), malformed("header kid")),
        ("an unknown kid", with_header(json!({ "kid": "another" })), Refusal::KeyUnknown),
        (
            "a key of its own, by jwk",
            OTHER_KEY.sign(
                &but(header(), json!({ "jwk": OTHER_KEY.jwk(KID) })).to_string(),
                &access_claims().to_string(),
            ),
            Refusal::Signature,
        ),
        (
            "signed with another key",
            OTHER_KEY.sign(&header().to_string(), &access_claims().to_string()),
            Refusal::Signature,
        ),
        ("an empty signature", format!("{head}.{body}."), Refusal::Signature),
        (
            "the payload of another token",
            format!(
                "{head}.{}.{signature}",
                encoded(&but(access_claims(), json!({ "tenant_id": "globex" })).to_string())
            ),
            Refusal::Signature,
        ),
    ];

    for (row, token, refusal) in rows {
        assert_eq!(judge(rules(), &token).await.unwrap_err(), refusal, "{row}");
    }
    for typ in ["JWT", "at+jwt"] {
        assert!(judge(rules(), &with_header(json!({ "typ": typ }))).await.is_ok(), "{typ}");
    }
    assert!(
        judge(rules(), &with_header(json!({ "jku": "https://evil.example/keys" }))).await.is_ok(),
        "not followed"
    );
}

/// Checks 3 and 6 to 11.
#[tokio::test]
async fn a_token_that_says_the_wrong_thing_is_refused() {
    let malformed = |which| Refusal::Malformed(which);
    let bad = |which| Refusal::BadClaim(which);
    let rows = [
        ("no issuer", json!({ "iss": null }), Refusal::Issuer),
        ("another pool", json!({ "iss": ISSUER.replace("123", "124") }), Refusal::Issuer),
        ("a slash behind the issuer", json!({ "iss": format!("{ISSUER}/") }), Refusal::Issuer),
        ("the issuer in capitals", json!({ "iss": ISSUER.to_uppercase() }), Refusal::Issuer),
        (
            "the updated form of the issuer",
            json!({ "iss": ISSUER.replace("cognito-idp", "issuer-cognito-idp") }),
            Refusal::Issuer,
        ),
        ("a list of issuers", json!({ "iss": [ISSUER] }), Refusal::Issuer),
        ("no exp", json!({ "exp": null }), malformed("exp")),
        ("exp is a text", json!({ "exp": "1790000300" }), malformed("exp")),
        ("exp is negative", json!({ "exp": -1 }), malformed("exp")),
        ("exp in milliseconds", json!({ "exp": 1_790_000_300_000_u64 }), malformed("exp")),
        ("exp that no clock can have", json!({ "exp": u64::MAX }), malformed("exp")),
        ("no iat", json!({ "iat": null }), malformed("iat")),
        ("iat is a fraction", json!({ "iat": 1.5 }), malformed("iat")),
        ("nbf is a text", json!({ "nbf": "now" }), malformed("nbf")),
        ("an ID token", json!({ "token_use": "id" }), Refusal::TokenUse),
        ("another use", json!({ "token_use": "refresh" }), Refusal::TokenUse),
        ("no use", json!({ "token_use": null }), Refusal::TokenUse),
        ("another client", json!({ "client_id": "other" }), Refusal::Client),
        ("another client, ours as aud", json!({ "client_id": "other", "aud": CLIENT }), Refusal::Client),
        ("no client", json!({ "client_id": null, "aud": CLIENT }), Refusal::Client),
        ("scope is a list", json!({ "scope": ["orders/read"] }), bad("scope")),
        ("no tenant", json!({ "tenant_id": null }), Refusal::NoTenant),
        (
            "tenant as a user attribute only",
            json!({ "tenant_id": null, "custom:tenantId": "acme" }),
            Refusal::NoTenant,
        ),
        ("an empty tenant", json!({ "tenant_id": "" }), bad("tenant id")),
        ("a list of tenants", json!({ "tenant_id": ["acme"] }), bad("tenant id")),
        ("a tenant in capitals", json!({ "tenant_id": "Acme" }), bad("tenant id")),
        ("a tenant with a wildcard", json!({ "tenant_id": "acme*" }), bad("tenant id")),
        ("a tenant of 2", json!({ "tenant_id": "ac" }), bad("tenant id")),
        ("a tenant of 64", json!({ "tenant_id": "a".repeat(64) }), bad("tenant id")),
        ("no sub", json!({ "sub": null }), malformed("sub")),
        ("an empty sub", json!({ "sub": "" }), malformed("sub")),
        ("a tier that is a number", json!({ "tenant_tier": 1 }), bad("tenant tier")),
        ("a name that is a list", json!({ "tenant_name": [] }), bad("tenant name")),
        ("roles that are an object", json!({ "tenant_roles": {} }), bad("tenant roles")),
        ("a role that is a number", json!({ "tenant_roles": ["admin", 1] }), bad("tenant roles")),
        ("an empty role", json!({ "tenant_roles": [""] }), bad("tenant roles")),
        ("roles as a gateway writes lists", json!({ "tenant_roles": "[admin viewer]" }), bad("tenant roles")),
        ("a role with a comma", json!({ "tenant_roles": ["admin,viewer"] }), bad("tenant roles")),
        ("a feature with a blank", json!({ "tenant_features": ["a b"] }), bad("tenant features")),
        ("a group with a blank", json!({ "cognito:groups": ["a b"] }), bad("groups")),
    ];

    for (row, changes, refusal) in rows {
        assert_eq!(judge_access(changes).await.unwrap_err(), refusal, "{row}");
    }
}

#[tokio::test]
async fn the_times_of_a_token_hold_to_the_second_with_the_stated_leeway() {
    let verifier = Verifier::new(rules().leeway(Duration::from_secs(30)), keys()).unwrap();
    let (issued, expires) = (NOW_SECONDS - 600, NOW_SECONDS + 300);
    let plain = access_token();
    let later = signed(&but(access_claims(), json!({ "nbf": NOW_SECONDS })));
    let rows = [
        ("last second", &plain, expires + 29, Ok(())),
        ("expired", &plain, expires + 30, Err(Refusal::Expired)),
        ("first second", &plain, issued - 30, Ok(())),
        ("issued in the future", &plain, issued - 31, Err(Refusal::TooEarly)),
        ("a clock at 1970", &plain, 0, Err(Refusal::TooEarly)),
        ("nbf, first second", &later, NOW_SECONDS - 30, Ok(())),
        ("before nbf", &later, NOW_SECONDS - 31, Err(Refusal::TooEarly)),
    ];

    for (row, token, seconds, verdict) in rows {
        assert_eq!(verifier.verify(token, at(seconds)).await.map(|_| ()), verdict, "{row}");
    }
    let exact =
        Verifier::new(rules().leeway(Duration::ZERO).max_age(Duration::from_secs(700)), keys()).unwrap();
    assert!(exact.verify(&plain, at(issued)).await.is_ok());
    assert!(exact.verify(&plain, at(issued + 700)).await.is_ok());
    assert_eq!(exact.verify(&plain, at(issued + 701)).await.unwrap_err(), Refusal::TooOld);
}

#[tokio::test]
async fn an_id_token_is_for_the_client_in_aud() {
    for audience in [json!(CLIENT), json!([CLIENT])] {
        assert!(judge_id(json!({ "aud": audience })).await.is_ok());
    }
    for audience in [json!("other"), json!([CLIENT, "other"]), json!([]), json!(null), json!({})] {
        assert_eq!(
            judge_id(json!({ "aud": audience, "client_id": CLIENT })).await.unwrap_err(),
            Refusal::Client,
            "{audience}"
        );
    }
    assert_eq!(
        judge(rules().token_use(AcceptedUse::Id), &access_token()).await.unwrap_err(),
        Refusal::TokenUse
    );
    for claims in [access_claims(), id_claims()] {
        assert!(judge(rules().token_use(AcceptedUse::Either), &signed(&claims)).await.is_ok());
    }
}

#[tokio::test]
async fn every_scope_that_is_required_must_be_there() {
    assert!(
        judge(rules().scope("orders/read").scope("aws.cognito.signin.user.admin"), &access_token())
            .await
            .is_ok()
    );

    for scopes in [&["orders/write"][..], &["orders/read", "orders/write"], &["orders"], &["orders/rea"]] {
        let demanding = scopes.iter().fold(rules(), |rules, scope| rules.scope(*scope));
        assert_eq!(judge(demanding, &access_token()).await.unwrap_err(), Refusal::Scope, "{scopes:?}");
    }
    let without = signed(&but(access_claims(), json!({ "scope": null })));
    assert_eq!(judge(rules().scope("orders/read"), &without).await.unwrap_err(), Refusal::Scope);
}

#[tokio::test]
async fn all_app_clients_of_the_pools_are_accepted_only_when_the_rules_say_so() {
    let any = || Rules::new([issuer()], Clients::OfThePools);
    let other = signed(&but(access_claims(), json!({ "client_id": "created-later" })));

    assert_eq!(judge(any(), &other).await.unwrap().client_id(), "created-later");
    for client in [json!(null), json!(""), json!(7)] {
        let token = signed(&but(access_claims(), json!({ "client_id": client })));
        assert_eq!(judge(any(), &token).await.unwrap_err(), Refusal::Client, "{client}");
    }
}

#[tokio::test]
async fn a_service_that_makes_the_tenant_optional_still_refuses_a_malformed_one() {
    let verifier = Verifier::tenant_optional(rules(), keys()).unwrap();
    let with = |tenant: Value| signed(&but(access_claims(), json!({ "tenant_id": tenant })));

    assert_eq!(verifier.verify(&access_token(), now()).await.unwrap().tenant().unwrap().as_str(), "acme");
    assert_eq!(verifier.verify(&with(json!(null)), now()).await.unwrap().tenant(), None);
    assert_eq!(
        verifier.verify(&with(json!("ACME")), now()).await.unwrap_err(),
        Refusal::BadClaim("tenant id")
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

#[tokio::test]
async fn a_key_verifies_only_tokens_of_its_own_pool() {
    let other = Issuer::of_pool("us-east-1_Other", IssuerForm::Original).unwrap().remove(0);
    // The other pool has a key of the same name.
    let both = keys().with(other.keys_url(), OTHER_KEY.jwks(KID));
    let rules = Rules::new([issuer(), other.clone()], Clients::OfThePools);
    let verifier = Verifier::new(rules, both).unwrap();
    let claims = |issuer: &Issuer| but(access_claims(), json!({ "iss": issuer.url() })).to_string();
    let header = header().to_string();

    let of_other = verifier.verify(&OTHER_KEY.sign(&header, &claims(&other)), now()).await.unwrap();
    assert_eq!(of_other.subject().pool_id(), "us-east-1_Other");
    let crossed = [OTHER_KEY.sign(&header, &claims(&issuer())), KEY.sign(&header, &claims(&other))];
    for token in crossed {
        assert_eq!(verifier.verify(&token, now()).await.unwrap_err(), Refusal::Signature);
    }
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
