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

pub(crate) const CLIENT: &str = "6g1example";
static KEY: LazyLock<RsaPrivateKey> =
    LazyLock::new(|| RsaPrivateKey::new(&mut UnwrapErr(SysRng), 2_048).unwrap());

/// An access token of an administrator of this tenant.
pub(crate) fn access_token(tenant: &str) -> String {
    signed(issuer().url(), now(), tenant, "admin")
}

/// An access token of this issuer, as Cognito and its trigger make them.
pub(crate) fn signed(issuer: &str, now: SystemTime, tenant: &str, role: &str) -> String {
    let now = now.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let header = json!({ "kid": "1", "alg": "RS256" });
    let claims = json!({
        "iss": issuer, "sub": "3f0c8d1e-ana", "client_id": CLIENT, "username": "ana", "token_use": "access",
        "scope": "orders", "iat": now - 600, "exp": now + 300, "tenant_id": tenant, "tenant_roles": [role],
    });
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let signed = format!("{header}.{claims}");
    let signature = SigningKey::<Sha256>::new(KEY.clone()).sign(signed.as_bytes()).to_bytes();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A member without the role `admin`.
pub(crate) fn viewer(tenant: &str) -> String {
    signed(issuer().url(), now(), tenant, "viewer")
}

pub(crate) async fn verified(tenant: &str) -> TenantToken {
    verifier().verify(&access_token(tenant), now()).await.unwrap()
}

pub(crate) fn layer() -> TenantLayer {
    TenantLayer::new(verifier(), now)
}

/// The key set that an issuer publishes.
pub(crate) fn jwks() -> String {
    let [modulus, exponent] = [KEY.n_bytes(), KEY.e_bytes()].map(|number| URL_SAFE_NO_PAD.encode(number));
    json!({ "keys": [{ "kid": "1", "kty": "RSA", "alg": "RS256", "n": modulus, "e": exponent }] }).to_string()
}

fn verifier() -> Verifier {
    let keys = FixedKeys::new().with(issuer().keys_url(), jwks().into_bytes());
    Verifier::new(Rules::new([issuer()], Clients::listed([CLIENT])), keys).unwrap()
}

fn issuer() -> Issuer {
    Issuer::of_pool("eu-west-1_AbCdEf123", IssuerForm::Original).unwrap().remove(0)
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_790_000_000)
}
