//! `SECRET_HASH`: how an app client with a secret proves that it has it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;

use super::{client::Client, error::CognitoError};

impl Client {
    /// Checks the `SECRET_HASH` of a request about `username`, if the client has a secret: the HMAC of the name and the
    /// client's id.
    pub(crate) fn check_secret_hash(&self, username: &str, hash: Option<&str>) -> Result<(), CognitoError> {
        let Some(secret) = self.secret() else { return Ok(()) };
        let Some(hash) = hash else {
            let message =
                format!("Client {} is configured with secret but SECRET_HASH was not received", self.id);
            return Err(CognitoError::not_authorized(message));
        };
        if hash == self.hash_of(secret, username) {
            return Ok(());
        }
        Err(CognitoError::not_authorized(format!("Unable to verify secret hash for client {}", self.id)))
    }

    /// The `SECRET_HASH` of a request about `username`, if the client has a secret.
    pub(crate) fn secret_hash(&self, username: &str) -> Option<String> {
        self.secret().map(|secret| self.hash_of(secret, username))
    }

    fn hash_of(&self, secret: &str, username: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        STANDARD.encode(hmac::sign(&key, format!("{username}{}", self.id).as_bytes()))
    }

    /// Checks the `ClientSecret` of a request that names no user.
    pub(crate) fn check_secret(&self, secret: Option<&str>) -> Result<(), CognitoError> {
        if self.secret() == secret || self.secret().is_none() {
            return Ok(());
        }
        Err(CognitoError::not_authorized(format!("Unable to verify secret for client {}", self.id)))
    }
}
