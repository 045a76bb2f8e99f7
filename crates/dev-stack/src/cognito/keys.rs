//! The RSA keys that sign tokens, and the key set that verifies them.

use std::sync::Arc;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use rsa::{
    RsaPrivateKey,
    pkcs1v15::{Signature, SigningKey, VerifyingKey},
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _},
    sha2::Sha256,
    signature::{Keypair, SignatureEncoding, Signer, Verifier},
    traits::PublicKeyParts,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::{sync::OnceCell, task::spawn_blocking};

use super::error::CognitoError;
use crate::{DevStackError, clock, random};

const KEY_BITS: usize = 2048;

/// Which of the two tokens a key signs; Cognito has a key for each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TokenUse {
    Id,
    Access,
}

/// The two keys of a stack.
pub(crate) struct Keys {
    id: Key,
    access: Key,
}

/// Keys on their way to and from a file.
#[derive(Deserialize, Serialize)]
pub(crate) struct KeptKeys {
    id: KeptKey,
    access: KeptKey,
}

#[derive(Deserialize, Serialize)]
struct KeptKey {
    kid: String,
    /// PKCS #8, in base64.
    private: String,
}

struct Key {
    kid: String,
    signer: SigningKey<Sha256>,
    verifier: VerifyingKey<Sha256>,
    jwk: Value,
}

impl Keys {
    /// Made when the first stack of the process starts; the stacks and pools of a process share them.
    pub(crate) async fn of_this_process() -> Result<Arc<Self>, DevStackError> {
        static KEYS: OnceCell<Arc<Keys>> = OnceCell::const_new();
        let made = KEYS.get_or_try_init(|| async {
            let (id, access) = (spawn_blocking(Key::make), spawn_blocking(Key::make));
            // A task that did not run to its end was stopped together with the runtime.
            let id = id.await.map_err(|_| DevStackError::Stopped)?;
            let access = access.await.map_err(|_| DevStackError::Stopped)?;
            Ok(Arc::new(Self { id: id?, access: access? }))
        });
        made.await.cloned()
    }

    pub(crate) fn of_kept(kept: &KeptKeys) -> Result<Self, DevStackError> {
        Ok(Self { id: Key::of_kept(&kept.id)?, access: Key::of_kept(&kept.access)? })
    }

    /// As a later run can read them.
    pub(crate) fn kept(&self) -> KeptKeys {
        KeptKeys { id: self.id.kept(), access: self.access.kept() }
    }

    /// A signed token in compact form.
    pub(crate) fn sign(
        &self,
        token_use: TokenUse,
        claims: &Map<String, Value>,
    ) -> Result<String, CognitoError> {
        let key = match token_use {
            TokenUse::Id => &self.id,
            TokenUse::Access => &self.access,
        };
        let header = json!({ "kid": key.kid, "alg": "RS256" }).to_string();
        let claims = Value::Object(claims.clone()).to_string();
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = key
            .signer
            .try_sign(signed.as_bytes())
            .map_err(|error| CognitoError::new("InternalErrorException", error.to_string()))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }

    /// The claims of an access token that these keys signed and that has not expired.
    pub(crate) fn verify_access(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let signature = Signature::try_from(signature.as_slice()).ok()?;
        self.access.verifier.verify(signed.as_bytes(), &signature).ok()?;
        let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
        let claims: Value = serde_json::from_slice(&claims).ok()?;
        (claims.get("exp")?.as_u64()? > clock::now_seconds()).then_some(claims)
    }

    /// The body of `/.well-known/jwks.json`.
    pub(crate) fn jwks(&self) -> Value {
        json!({ "keys": [self.id.jwk, self.access.jwk] })
    }
}

impl Key {
    fn make() -> Result<Self, DevStackError> {
        let key =
            RsaPrivateKey::new(&mut random::system_rng(), KEY_BITS).map_err(DevStackError::SigningKeys)?;
        Ok(Self::new(key, random::alphanumerics(43)))
    }

    fn of_kept(kept: &KeptKey) -> Result<Self, DevStackError> {
        let bytes = STANDARD.decode(&kept.private).unwrap_or_default();
        let key = RsaPrivateKey::from_pkcs8_der(&bytes)
            .map_err(|error| DevStackError::SigningKeys(error.into()))?;
        Ok(Self::new(key, kept.kid.clone()))
    }

    fn kept(&self) -> KeptKey {
        // An RSA key that signs can be written, too.
        let private = self.signer.as_ref().to_pkcs8_der().map(|der| STANDARD.encode(der.as_bytes()));
        KeptKey { kid: self.kid.clone(), private: private.unwrap_or_default() }
    }

    fn new(key: RsaPrivateKey, kid: String) -> Self {
        let jwk = json!({
            "alg": "RS256",
            "e": URL_SAFE_NO_PAD.encode(key.e_bytes()),
            "kid": kid,
            "kty": "RSA",
            "n": URL_SAFE_NO_PAD.encode(key.n_bytes()),
            "use": "sig",
        });
        let signer = SigningKey::new(key);
        Self { kid, verifier: signer.verifying_key(), signer, jwk }
    }
}
