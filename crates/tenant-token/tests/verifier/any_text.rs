//! Generated texts, headers and claims: none makes the verifier panic, and only signed ones are accepted.

use std::sync::LazyLock;

use crate::support::*;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::Value;
use tenant_token::{Refusal, TenantToken, Verifier};

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| Verifier::new(rules(), keys()).unwrap());
static GOOD: LazyLock<String> = LazyLock::new(access_token);

fn judge(token: &str) -> Result<TenantToken, Refusal> {
    judge_now(&VERIFIER, token)
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map("[a-z_:]{0,8}", inner, 0..5).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_verifier_panic_or_is_accepted(text in "\\PC{0,200}") {
        prop_assert!(judge(&text).is_err());
    }

    #[test]
    fn no_three_parts_of_any_bytes_are_accepted(
        parts in prop::array::uniform3(prop::collection::vec(any::<u8>(), 0..80)),
    ) {
        let token = parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        prop_assert!(judge(&token).is_err());
    }

    #[test]
    fn no_header_makes_the_verifier_panic(header in json()) {
        let payload = GOOD.split('.').nth(1).unwrap();
        let token = format!("{}.{payload}.AAAA", URL_SAFE_NO_PAD.encode(header.to_string()));
        prop_assert!(judge(&token).is_err());
    }
}

proptest! {
    // Each case is a signature.
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_signed_claim_says_there_is_no_panic_and_no_tenant_but_the_claimed_one(
        name in prop::sample::select(vec![
            "iss", "sub", "exp", "iat", "nbf", "aud", "client_id", "token_use", "scope", "username", "cognito:groups",
            "tenant_id", "tenant_name", "tenant_tier", "tenant_roles", "tenant_features",
        ]),
        value in json(),
    ) {
        let mut claims = access_claims();
        claims[name] = value;
        if let Ok(token) = judge(&signed(&claims)) {
            prop_assert_eq!(&claims["tenant_id"], token.tenant().as_str());
        }
    }
}
