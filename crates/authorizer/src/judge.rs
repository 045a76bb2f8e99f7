//! The decision about one request: the token by itself, then the table.

use std::time::SystemTime;

use tenancy::ports::{Memberships, Records};
use tenant_token::{Refusal, Verifier};

use crate::context;
use crate::event::Presented;
use crate::live::Live;
use crate::verdict::{Denied, Failure, Refused, Ruling, Verdict};

/// Judges a token. Without `live` the table is not read.
pub async fn judge<C: Records, M: Memberships>(
    verifier: &Verifier,
    live: Option<&Live<'_, C, M>>,
    presented: &Presented,
    now: SystemTime,
) -> Verdict {
    let token = match presented {
        Presented::Missing => return Ruling::Refused(Refused::NoToken).into(),
        Presented::NotIdentitySource => return Ruling::Refused(Refused::NotIdentitySource).into(),
        Presented::Malformed => Err(Refusal::Malformed("authorization")),
        Presented::Token(token) => verifier.verify(token, now).await,
    };
    let token = match token {
        Ok(token) => token,
        Err(Refusal::Scope) => return Ruling::Denied(Denied::Scope).into(),
        Err(Refusal::KeysUnavailable) => return Ruling::Unavailable(Failure::Keys).into(),
        Err(refusal) => return Ruling::Refused(Refused::Token(refusal)).into(),
    };
    let admitted = match live {
        Some(live) => live.admit(&token).await,
        None => Ok(()),
    };
    let ruling = match admitted {
        Ok(()) => context::of(&token).map_or(Ruling::Refused(Refused::TooLarge), Ruling::Allowed),
        Err(ruling) => ruling,
    };
    Verdict { token: Some(token), ruling }
}
