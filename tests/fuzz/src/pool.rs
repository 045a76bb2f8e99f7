//! A user pool: its key, its tokens, and a verifier of them.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};
use serde_json::{Value, json};
use tenant_token::{AcceptedUse, Clients, FixedKeys, Issuer, IssuerForm, Rules, Verifier};

pub(crate) const POOL: &str = "eu-west-1_AbCdEf123";
pub(crate) const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123";
pub(crate) const CLIENT: &str = "6g1example";
pub(crate) const SUB: &str = "3f0c8d1e-ana";
pub(crate) const KID: &str = "the-key";
/// In the middle of the life of the tokens.
pub(crate) const NOW_SECONDS: u64 = 1_790_000_000;

/// The published test keys of `tenant-token`.
pub(crate) static KEY: LazyLock<Key> =
    LazyLock::new(|| Key::read(include_bytes!("../../../crates/tenant-token/tests/vectors/pool.pem")));
pub(crate) static FORGER: LazyLock<Key> =
    LazyLock::new(|| Key::read(include_bytes!("../../../crates/tenant-token/tests/vectors/forger.pem")));

pub(crate) static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| verifier(&KEY.jwks()));

/// Every token that the pool has issued.
pub(crate) static ISSUED: LazyLock<[String; 2]> =
    LazyLock::new(|| [access_claims(), id_claims()].map(|claims| KEY.sign(HEADER, &claims.to_string())));

pub(crate) const HEADER: &str = r#"{"kid":"the-key","alg":"RS256"}"#;

pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW_SECONDS)
}

/// A verifier that fetches this key set.
pub(crate) fn verifier(jwks: &[u8]) -> Verifier {
    let issuers = Issuer::of_pool(POOL, IssuerForm::Original).expect("a pool");
    let url = issuers.first().expect("an issuer").keys_url().clone();
    let rules = Rules::new(issuers, Clients::listed([CLIENT])).token_use(AcceptedUse::Either);
    Verifier::new(rules, FixedKeys::new().with(&url, jwks)).expect("rules")
}

pub(crate) struct Key {
    pair: RsaKeyPair,
    pub(crate) modulus: String,
    pub(crate) exponent: String,
}

impl Key {
    fn read(pem: &[u8]) -> Self {
        let document = PrivatePkcs8KeyDer::from_pem_slice(pem).expect("a key");
        let pair = RsaKeyPair::from_pkcs8(document.secret_pkcs8_der()).expect("an RSA key");
        let RsaPublicKeyComponents::<Vec<u8>> { n, e } = pair.public().into();
        Self { pair, modulus: URL_SAFE_NO_PAD.encode(n), exponent: URL_SAFE_NO_PAD.encode(e) }
    }

    pub(crate) fn jwks(&self) -> Vec<u8> {
        let jwk = json!({ "alg": "RS256", "e": self.exponent, "kid": KID, "kty": "RSA", "n": self.modulus, "use": "sig" });
        json!({ "keys": [jwk] }).to_string().into_bytes()
    }

    /// A token of these two texts, whatever they say.
    pub(crate) fn sign(&self, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let mut signature = vec![0; self.pair.public().modulus_len()];
        let random = SystemRandom::new();
        self.pair.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).expect("a signature");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// What Cognito puts into an access token of a member of `acme`.
pub(crate) fn access_claims() -> Value {
    json!({
        "iss": ISSUER, "sub": SUB, "client_id": CLIENT, "username": "ana", "token_use": "access",
        "scope": "orders/read", "iat": NOW_SECONDS - 600, "exp": NOW_SECONDS + 300,
        "tenant_id": "acme", "tenant_name": "Acme Inc.", "tenant_tier": "pro", "tenant_roles": ["admin"],
    })
}

fn id_claims() -> Value {
    json!({
        "iss": ISSUER, "sub": SUB, "aud": CLIENT, "cognito:username": "ana", "token_use": "id",
        "iat": NOW_SECONDS - 600, "exp": NOW_SECONDS + 300, "tenant_id": "acme", "tenant_roles": "admin viewer",
    })
}
