//! A user pool of the tests: its keys, its tokens, and a verifier of them.

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
use serde_json::{Value, json};
use tenant_token::{Clients, FixedKeys, Issuer, IssuerForm, Rules};

pub(crate) const POOL: &str = "eu-west-1_AbCdEf123";
pub(crate) const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123";
pub(crate) const CLIENT: &str = "6g1example";
pub(crate) const KID: &str = "the-key";
/// In the middle of the life of the tests' tokens.
pub(crate) const NOW_SECONDS: u64 = 1_790_000_000;

pub(crate) static KEY: LazyLock<Key> = LazyLock::new(Key::make);
/// Of somebody else.
pub(crate) static OTHER_KEY: LazyLock<Key> = LazyLock::new(Key::make);

pub(crate) struct Key {
    signer: SigningKey<Sha256>,
    modulus: String,
    exponent: String,
}

impl Key {
    fn make() -> Self {
        let key = RsaPrivateKey::new(&mut UnwrapErr(SysRng), 2_048).unwrap();
        let modulus = URL_SAFE_NO_PAD.encode(key.n_bytes());
        let exponent = URL_SAFE_NO_PAD.encode(key.e_bytes());
        Self { signer: SigningKey::new(key), modulus, exponent }
    }

    pub(crate) fn jwk(&self, kid: &str) -> Value {
        json!({ "alg": "RS256", "e": self.exponent, "kid": kid, "kty": "RSA", "n": self.modulus, "use": "sig" })
    }

    pub(crate) fn jwks(&self, kid: &str) -> Vec<u8> {
        json!({ "keys": [self.jwk(kid)] }).to_string().into_bytes()
    }

    /// A token of these two texts, whatever they say.
    pub(crate) fn sign(&self, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = self.signer.sign(signed.as_bytes()).to_bytes();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

pub(crate) fn now() -> SystemTime {
    at(NOW_SECONDS)
}

pub(crate) fn header() -> Value {
    json!({ "kid": KID, "alg": "RS256" })
}

/// What Cognito puts into an access token of a user, with the tenant.
pub(crate) fn access_claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "3f0c8d1e-ana", "client_id": CLIENT, "username": "ana", "token_use": "access",
        "scope": "aws.cognito.signin.user.admin orders/read", "iat": NOW_SECONDS - 600, "exp": NOW_SECONDS + 300,
        "auth_time": NOW_SECONDS - 600, "jti": "1", "origin_jti": "2", "cognito:groups": ["acme-admins", "Finance&Ops"],
        "tenant_id": "acme", "tenant_name": "Acme Inc.", "tenant_tier": "pro", "tenant_roles": ["admin", "viewer"],
        "tenant_features": ["sso"],
    })
}

pub(crate) fn id_claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "3f0c8d1e-ana", "aud": CLIENT, "cognito:username": "ana", "token_use": "id",
        "iat": NOW_SECONDS - 600, "exp": NOW_SECONDS + 300, "email": "ana@example.com", "tenant_id": "acme",
        "tenant_roles": "admin viewer",
    })
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
    KEY.sign(&header().to_string(), &claims.to_string())
}

pub(crate) fn access_token() -> String {
    signed(&access_claims())
}

pub(crate) fn issuer() -> Issuer {
    Issuer::of_pool(POOL, IssuerForm::Original).unwrap().remove(0)
}

pub(crate) fn rules() -> Rules {
    Rules::new([issuer()], Clients::listed([CLIENT]))
}

pub(crate) fn keys() -> FixedKeys {
    FixedKeys::new().with(issuer().keys_url(), KEY.jwks(KID))
}
