//! What outlives one call: refresh tokens and pending challenges.

use crate::random;

/// A sign-in that can be refreshed.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) sub: String,
    pub(crate) client_id: String,
    /// Seconds since 1970, as all times here.
    pub(crate) auth_time: u64,
    pub(crate) expires: u64,
    pub(crate) origin_jti: String,
    pub(crate) event_id: String,
    pub(crate) revoked: bool,
}

impl Session {
    /// A session that begins at `now`.
    pub(crate) fn begin(sub: String, client_id: String, now: u64, validity_seconds: u64) -> Self {
        Self {
            sub,
            client_id,
            auth_time: now,
            expires: now.saturating_add(validity_seconds),
            origin_jti: random::uuid(),
            event_id: random::uuid(),
            revoked: false,
        }
    }
}

/// A `NEW_PASSWORD_REQUIRED` that has been asked for.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    pub(crate) sub: String,
    pub(crate) client_id: String,
    /// 3 minutes after it was asked.
    pub(crate) expires: u64,
}

/// Life of a challenge, in seconds (Cognito's `AuthSessionValidity`, default 3 minutes).
pub(crate) const CHALLENGE_SECONDS: u64 = 180;

/// An opaque token of about the length of Cognito's own.
pub(crate) fn opaque_token() -> String {
    random::alphanumerics(900)
}
