//! The decision about one request: the token by itself, then the table.

use std::time::SystemTime;

use tenancy::ports::{Memberships, Records};
use tenant_token::{Refusal, Verifier};

use crate::context;
use crate::event::Presented;
use crate::live::{Live, Objection};
use crate::verdict::{Denied, Failure, Refused, Verdict};

/// Judges a token. Without `live` the table is not read.
pub async fn judge<C: Records, M: Memberships>(
    verifier: &Verifier,
    live: Option<&Live<'_, C, M>>,
    presented: &Presented,
    now: SystemTime,
) -> Verdict {
    let token = match presented {
        Presented::Missing => return Verdict::Refused(Refused::NoToken, None),
        Presented::Malformed => Err(Refusal::Malformed("authorization")),
        Presented::Token(token) => verifier.verify(token, now).await,
    };
    let token = match token {
        Ok(token) => token,
        Err(Refusal::Scope) => return Verdict::Denied(Denied::Scope, None),
        Err(Refusal::KeysUnavailable) => return Verdict::Unavailable(Failure::Keys, None),
        Err(refusal) => return Verdict::Refused(Refused::Token(refusal), None),
    };
    let admitted = match live {
        Some(live) => live.admit(&token).await,
        None => Ok(()),
    };
    match admitted {
        Ok(()) => match context::of(&token) {
            Some(context) => Verdict::Allowed(token, context),
            None => Verdict::Refused(Refused::TooLarge, Some(token)),
        },
        Err(Objection::Refused(why)) => Verdict::Refused(why, Some(token)),
        Err(Objection::Denied(why)) => Verdict::Denied(why, Some(token)),
        Err(Objection::Unavailable(failure)) => Verdict::Unavailable(failure, Some(token)),
    }
}
