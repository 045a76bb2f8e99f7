//! A user pool of the tests, its tokens and their verifier.

use std::{
    sync::LazyLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use getrandom::SysRng;
use rsa::{
    RsaPrivateKey,
    pkcs1v15::SigningKey,
    rand_core::UnwrapErr,
    sha2::Sha256,
    signature::{SignatureEncoding as _, Signer as _},
    traits::PublicKeyParts as _,
};
use serde_json::json;
use tenant_token::{Clients, FixedKeys, Issuer, IssuerForm, Rules, TenantLayer, TenantToken, Verifier};

const POOL: &str = "eu-west-1_AbCdEf123";
const CLIENT: &str = "6g1example";
const NOW_SECONDS: u64 = 1_790_000_000;

static KEY: LazyLock<RsaPrivateKey> =
    LazyLock::new(|| RsaPrivateKey::new(&mut UnwrapErr(SysRng), 2_048).unwrap());

/// An access token of an administrator of this tenant.
pub(crate) fn access_token(tenant: &str) -> String {
    let header = json!({ "kid": "1", "alg": "RS256" });
    let claims = json!({
        "iss": issuer().url(), "sub": "3f0c8d1e-ana", "client_id": CLIENT, "username": "ana", "token_use": "access",
        "scope": "orders", "iat": NOW_SECONDS - 600, "exp": NOW_SECONDS + 300,
        "tenant_id": tenant, "tenant_roles": ["admin"],
    });
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let signed = format!("{header}.{claims}");
    let signature = SigningKey::<Sha256>::new(KEY.clone()).sign(signed.as_bytes()).to_bytes();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(crate) async fn verified(tenant: &str) -> TenantToken {
    verifier().verify(&access_token(tenant), now()).await.unwrap()
}

pub(crate) fn layer() -> TenantLayer {
    TenantLayer::new(verifier(), now)
}

fn verifier() -> Verifier {
    let [modulus, exponent] = [KEY.n_bytes(), KEY.e_bytes()].map(|number| URL_SAFE_NO_PAD.encode(number));
    let jwks = json!({ "keys": [{ "kid": "1", "kty": "RSA", "alg": "RS256", "n": modulus, "e": exponent }] });
    let keys = FixedKeys::new().with(issuer().keys_url(), jwks.to_string().into_bytes());
    Verifier::new(Rules::new([issuer()], Clients::listed([CLIENT])), keys).unwrap()
}

fn issuer() -> Issuer {
    Issuer::of_pool(POOL, IssuerForm::Original).unwrap().remove(0)
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW_SECONDS)
}
