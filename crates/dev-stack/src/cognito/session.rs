//! What outlives one call: refresh tokens and pending challenges.

use serde::{Deserialize, Serialize};

use super::{
    error::CognitoError,
    factor::{EMAIL, SOFTWARE_TOKEN},
    srp::ProofKey,
    token::API_SCOPE,
};
use crate::{clock, random};

/// A sign-in that can be refreshed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Session {
    pub(crate) sub: String,
    pub(crate) client_id: String,
    /// Of its access tokens, before the trigger.
    #[serde(default = "api_scopes")]
    pub(crate) scopes: Vec<String>,
    /// Seconds since 1970, as all times here.
    pub(crate) auth_time: u64,
    pub(crate) expires: u64,
    pub(crate) origin_jti: String,
    pub(crate) event_id: String,
    pub(crate) revoked: bool,
    /// When its refresh token ends, because another has taken its place.
    #[serde(default)]
    pub(crate) replaced: Option<u64>,
}

/// The scopes of a sign-in through the API.
pub(crate) fn api_scopes() -> Vec<String> {
    vec![API_SCOPE.to_owned()]
}

impl Session {
    /// A session that ends at `expires`.
    pub(crate) fn begin(
        sub: String,
        client_id: String,
        scopes: Vec<String>,
        auth_time: u64,
        expires: u64,
    ) -> Self {
        Self {
            sub,
            client_id,
            scopes,
            auth_time,
            expires,
            origin_jti: random::uuid(),
            event_id: random::uuid(),
            revoked: false,
            replaced: None,
        }
    }

    /// "An ID token is only returned if `openid` scope is requested" (developer guide, "The redirect and authorization
    /// endpoint"). A sign-in through the API has one without it.
    pub(crate) fn gives_id_token(&self) -> bool {
        self.scopes.iter().any(|scope| scope == "openid")
    }

    /// Refuses its refresh token if another has replaced it, when its grace period is over.
    pub(crate) fn check_not_replaced(&self) -> Result<(), CognitoError> {
        match self.replaced {
            Some(end) if end <= clock::now_seconds() => Err(CognitoError::new(
                "RefreshTokenReuseException",
                "Refresh token has been invalidated by refresh token rotation",
            )),
            _ => Ok(()),
        }
    }
}

/// A challenge that the user has not answered yet.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    /// Of the user; of no user when [`Asked::PasswordVerifier`] was sent to a name that nobody has.
    pub(crate) sub: String,
    pub(crate) username: String,
    pub(crate) client_id: String,
    /// `AuthSessionValidity` after it was sent.
    pub(crate) expires: u64,
    pub(crate) asked: Asked,
}

/// What a challenge asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Asked {
    /// `PASSWORD_VERIFIER`: a proof by this key.
    PasswordVerifier(ProofKey),
    /// `NEW_PASSWORD_REQUIRED`.
    NewPassword,
    /// `SOFTWARE_TOKEN_MFA`: a code of the user's authenticator app.
    SoftwareToken,
    /// `EMAIL_OTP`: this code.
    EmailCode(String),
    /// `MFA_SETUP`; `done` once `VerifySoftwareToken` has succeeded.
    SetUp { done: bool },
}

impl Asked {
    /// `ChallengeName`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::PasswordVerifier(_) => "PASSWORD_VERIFIER",
            Self::NewPassword => "NEW_PASSWORD_REQUIRED",
            Self::SoftwareToken => SOFTWARE_TOKEN,
            Self::EmailCode(_) => EMAIL,
            Self::SetUp { .. } => "MFA_SETUP",
        }
    }
}

/// An opaque token of about the length of Cognito's own.
pub(crate) fn opaque_token() -> String {
    random::alphanumerics(900)
}
