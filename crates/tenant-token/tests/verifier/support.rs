//! A user pool of the tests: its keys, its tokens, and a verifier of them.

use std::{
    pin::pin,
    sync::LazyLock,
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents},
};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};
use serde_json::{Value, json};
use tenant_token::{Clients, FixedKeys, Issuer, IssuerForm, Refusal, Rules, TenantToken, Verifier};

pub(crate) const POOL: &str = "eu-west-1_AbCdEf123";
pub(crate) const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123";
pub(crate) const CLIENT: &str = "6g1example";
pub(crate) const KID: &str = "the-key";
/// In the middle of the life of the tests' tokens.
pub(crate) const NOW_SECONDS: u64 = 1_790_000_000;

pub(crate) static KEY: LazyLock<Key> = LazyLock::new(|| Key::read(include_bytes!("../vectors/pool.pem")));
/// Of another pool.
pub(crate) static OTHER_KEY: LazyLock<Key> =
    LazyLock::new(|| Key::read(include_bytes!("../vectors/other.pem")));
/// Of no pool.
pub(crate) static FORGER: LazyLock<Key> =
    LazyLock::new(|| Key::read(include_bytes!("../vectors/forger.pem")));

pub(crate) struct Key {
    pair: RsaKeyPair,
    modulus: String,
    exponent: String,
}

impl Key {
    fn read(pem: &[u8]) -> Self {
        let document = PrivatePkcs8KeyDer::from_pem_slice(pem).unwrap();
        let pair = RsaKeyPair::from_pkcs8(document.secret_pkcs8_der()).unwrap();
        let RsaPublicKeyComponents::<Vec<u8>> { n, e } = pair.public().into();
        Self { pair, modulus: URL_SAFE_NO_PAD.encode(n), exponent: URL_SAFE_NO_PAD.encode(e) }
    }

    pub(crate) fn public(&self) -> RsaPublicKeyComponents<Vec<u8>> {
        self.pair.public().into()
    }

    pub(crate) fn jwk(&self, kid: &str) -> Value {
        json!({ "alg": "RS256", "e": self.exponent, "kid": kid, "kty": "RSA", "n": self.modulus, "use": "sig" })
    }

    pub(crate) fn jwks(&self, kid: &str) -> Vec<u8> {
        json!({ "keys": [self.jwk(kid)] }).to_string().into_bytes()
    }

    /// A token of these two texts, whatever they say.
    pub(crate) fn sign(&self, header: &str, payload: &str) -> String {
        self.sign_by(&RSA_PKCS1_SHA256, header.as_bytes(), payload.as_bytes())
    }

    /// The same of any bytes, by any algorithm.
    pub(crate) fn sign_by(
        &self,
        algorithm: &'static dyn RsaEncoding,
        header: &[u8],
        payload: &[u8],
    ) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair.sign(algorithm, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
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

/// The verdict of a verifier that waits for nothing, such as one with `FixedKeys`. Quicker than with a runtime.
pub(crate) fn judge_now(verifier: &Verifier, token: &str) -> Result<TenantToken, Refusal> {
    match pin!(verifier.verify(token, now())).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(verdict) => verdict,
        Poll::Pending => panic!("the verifier waits"),
    }
}
