//! A user pool: its key, its tokens, and where its keys are fetched.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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
use serde_json::{Value, json};
use tenant_token::{FetchError, JwksUrl, KeySource};

pub(crate) const POOL: &str = "eu-west-1_AbCdEf123";
pub(crate) const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123";
pub(crate) const CLIENT: &str = "6g1example";
pub(crate) const SUB: &str = "3f0c8d1e-ana";
/// In the middle of the life of the tests' tokens.
pub(crate) const NOW_SECONDS: u64 = 1_790_000_000;

const KID: &str = "the-key";

static KEY: LazyLock<Key> = LazyLock::new(|| {
    let key = RsaPrivateKey::new(&mut UnwrapErr(SysRng), 2_048).unwrap();
    let (n, e) = (URL_SAFE_NO_PAD.encode(key.n_bytes()), URL_SAFE_NO_PAD.encode(key.e_bytes()));
    let jwk = json!({ "alg": "RS256", "e": e, "kid": KID, "kty": "RSA", "n": n, "use": "sig" });
    Key { signer: SigningKey::new(key), document: json!({ "keys": [jwk] }).to_string().into_bytes() }
});

struct Key {
    signer: SigningKey<Sha256>,
    document: Vec<u8>,
}

pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// What Cognito puts into an access token of a member of `acme`.
pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": SUB, "client_id": CLIENT, "username": "ana.canary", "token_use": "access",
        "scope": "tenancy/member orders/read", "iat": NOW_SECONDS - 600, "exp": NOW_SECONDS + 300,
        "cognito:groups": ["acme-admins", "billing"], "tenant_id": "acme", "tenant_name": "Canary Inc.",
        "tenant_tier": "pro", "tenant_roles": ["admin", "viewer"], "tenant_features": ["sso"],
    })
}

/// The token of a machine: its `sub` is the app client.
pub(crate) fn machine_claims() -> Value {
    but(claims(), json!({ "sub": CLIENT, "username": null, "cognito:groups": null, "tenant_roles": null }))
}

/// These claims with some of them changed; `null` takes one out.
#[expect(clippy::needless_pass_by_value, reason = "rows of tests read better")]
pub(crate) fn but(mut claims: Value, changes: Value) -> Value {
    let object = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(object.remove(name)),
            value => drop(object.insert(name.clone(), value.clone())),
        }
    }
    claims
}

pub(crate) fn signed(claims: &Value) -> String {
    signed_as(KID, claims)
}

pub(crate) fn signed_as(kid: &str, claims: &Value) -> String {
    let header = json!({ "kid": kid, "alg": "RS256" }).to_string();
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = KEY.signer.sign(signed.as_bytes()).to_bytes();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The key set of the pool, as long as it can be reached.
#[derive(Clone, Default)]
pub(crate) struct Keys(pub(crate) Arc<Mutex<Reach>>);

#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Reach {
    #[default]
    Fine,
    Failing,
    Hanging,
}

impl KeySource for Keys {
    async fn fetch(&self, _: &JwksUrl) -> Result<Vec<u8>, FetchError> {
        let reach = *self.0.lock().unwrap();
        match reach {
            Reach::Fine => Ok(KEY.document.clone()),
            Reach::Failing => Err(FetchError::new("no route")),
            Reach::Hanging => std::future::pending().await,
        }
    }
}
