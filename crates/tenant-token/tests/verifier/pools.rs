//! Several issuers: each has keys of its own.

use serde_json::json;
use tenant_token::{
    Clients, FetchError, Issuer, IssuerForm, JwksUrl, KeySource, PoolsWithoutKeys, Refusal, Rules, Verifier,
};

use crate::support::*;

/// Has keys for the original form of the issuer alone, as AWS for most pools.
struct OriginalOnly;

impl KeySource for OriginalOnly {
    async fn fetch(&self, url: &JwksUrl) -> Result<Vec<u8>, FetchError> {
        let original = url.as_str().starts_with(ISSUER);
        if original { Ok(KEY.jwks(KID)) } else { Err(FetchError::new("status 403 Forbidden")) }
    }
}

#[tokio::test]
async fn a_pool_that_has_one_of_two_forms_of_issuer_has_keys() {
    let forms = |pool| Issuer::of_pool(pool, IssuerForm::Both).unwrap();
    let verifier = Verifier::new(Rules::new(forms(POOL), Clients::OfThePools), OriginalOnly).unwrap();
    assert_eq!(verifier.prefetch(now()).await, Ok(()));

    let pools = forms(POOL).into_iter().chain(forms("us-east-1_Gone"));
    let verifier = Verifier::new(Rules::new(pools, Clients::OfThePools), OriginalOnly).unwrap();

    assert_eq!(verifier.prefetch(now()).await, Err(PoolsWithoutKeys(vec!["us-east-1_Gone".to_owned()])));
    assert!(verifier.verify(&access_token(), now()).await.is_ok(), "the pool with keys works");
}

/// Has keys for the other pool alone. Their `kid` is that of the first pool.
struct OtherOnly;

impl KeySource for OtherOnly {
    async fn fetch(&self, url: &JwksUrl) -> Result<Vec<u8>, FetchError> {
        let other = url.as_str().contains("us-east-1_Other");
        if other { Ok(OTHER_KEY.jwks(KID)) } else { Err(FetchError::new("no route")) }
    }
}

#[tokio::test]
async fn while_the_keys_of_one_pool_are_out_of_reach_no_key_of_another_stands_in() {
    let other = Issuer::of_pool("us-east-1_Other", IssuerForm::Original).unwrap().remove(0);
    let rules = Rules::new([issuer(), other.clone()], Clients::OfThePools);
    let verifier = Verifier::new(rules, OtherOnly).unwrap();
    let header = header().to_string();
    let of_other = but(access_claims(), json!({ "iss": other.url() })).to_string();
    let forged = OTHER_KEY.sign(&header, &access_claims().to_string());

    for _ in 0..2 {
        assert!(verifier.verify(&OTHER_KEY.sign(&header, &of_other), now()).await.is_ok());
        assert_eq!(verifier.verify(&forged, now()).await.unwrap_err(), Refusal::KeysUnavailable);
        assert_eq!(verifier.verify(&access_token(), now()).await.unwrap_err(), Refusal::KeysUnavailable);
    }
}
