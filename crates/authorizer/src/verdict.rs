//! What was decided about a request, and how each end is told to operators.

use function::metrics::CACHE_STALE;
use function::{Broken, with_causes};
use serde_json::value::RawValue;
use tenancy::ports::StoreError;
use tenant_token::{Refusal, TenantToken};

use crate::event::UnreadableEvent;

/// The ruling about a request, and the token if its signature and claims are good: for the answer and the log line.
#[derive(Debug)]
pub struct Verdict {
    pub token: Option<TenantToken>,
    pub ruling: Ruling,
}

#[derive(Debug)]
pub enum Ruling {
    /// With the context for the API.
    Allowed(Box<RawValue>),
    /// 401 where the API can give it: the app must get a new token.
    Refused(Refused),
    /// 403: the token is good, and not for this.
    Denied(Denied),
    /// 500: nothing is known about the token, and the next call tries again.
    Unavailable(Failure),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refused {
    NoToken,
    /// The header is not an identity source, so it does not decide which answer API Gateway caches.
    NotIdentitySource,
    Token(Refusal),
    /// `CLIENT_IDS=bound`: the app client has no binding.
    ClientUnbound,
    /// `CLIENT_IDS=bound`: the app client is bound to another tenant than that of the token.
    ClientOfAnotherTenant,
    /// The context would have more than 8 KiB.
    TooLarge,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Denied {
    Scope,
    TenantMissing,
    TenantNotActive,
    /// The tenant has moved out of the pool of the token.
    OtherPool,
    NoMembership,
    MembershipNotActive,
}

#[derive(Debug)]
pub enum Failure {
    Event(UnreadableEvent),
    Keys,
    Store(StoreError),
    Broken(Broken),
}

/// An end of a call in the words of the log line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Told {
    pub outcome: &'static str,
    pub reason: Option<&'static str>,
    /// More than the reason says. No personal data and no secret.
    pub cause: Option<String>,
    pub event: Option<LogEvent>,
}

/// The closed list of values of the field `event`. `docs/log-fields.md` describes each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogEvent {
    TokenRefused,
    AccessDenied,
    EventInvalid,
    DataIntegrity,
    CacheStale,
}

impl LogEvent {
    pub const ALL: [Self; 5] =
        [Self::TokenRefused, Self::AccessDenied, Self::EventInvalid, Self::DataIntegrity, Self::CacheStale];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TokenRefused => "token.refused",
            Self::AccessDenied => "access.denied",
            Self::EventInvalid => "event.invalid",
            Self::DataIntegrity => "data.integrity",
            Self::CacheStale => CACHE_STALE,
        }
    }
}

impl From<Ruling> for Verdict {
    fn from(ruling: Ruling) -> Self {
        Self { token: None, ruling }
    }
}

impl From<StoreError> for Ruling {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(Failure::Store(error))
    }
}

impl Ruling {
    #[must_use]
    pub fn told(&self) -> Told {
        match self {
            Self::Allowed(_) => Told { outcome: "allowed", reason: None, cause: None, event: None },
            Self::Refused(why) => Told {
                outcome: "refused",
                reason: Some(why.reason()),
                cause: why.cause(),
                event: Some(LogEvent::TokenRefused),
            },
            Self::Denied(why) => Told {
                outcome: "denied",
                reason: Some(why.reason()),
                cause: None,
                event: Some(LogEvent::AccessDenied),
            },
            Self::Unavailable(failure) => Told {
                outcome: "unavailable",
                reason: Some(failure.reason()),
                cause: failure.cause(),
                event: failure.event(),
            },
        }
    }
}

impl Refused {
    /// Whether the same token may be good soon. HTTP APIs must not cache such a refusal.
    #[must_use]
    pub const fn may_pass(self) -> bool {
        matches!(self, Self::Token(Refusal::KeyUnknown | Refusal::TooEarly))
    }

    const fn reason(self) -> &'static str {
        match self {
            Self::NoToken => "no_token",
            Self::NotIdentitySource => "identity_source",
            Self::Token(refusal) => refusal.code(),
            Self::ClientUnbound => "client_unbound",
            Self::ClientOfAnotherTenant => "client_tenant",
            Self::TooLarge => "too_large",
        }
    }

    fn cause(self) -> Option<String> {
        match self {
            Self::Token(refusal @ (Refusal::Malformed(_) | Refusal::BadClaim(_))) => {
                Some(refusal.to_string())
            }
            _ => None,
        }
    }
}

impl Denied {
    const fn reason(self) -> &'static str {
        match self {
            Self::Scope => "scope",
            Self::TenantMissing => "tenant_missing",
            Self::TenantNotActive => "tenant_not_active",
            Self::OtherPool => "other_pool",
            Self::NoMembership => "no_membership",
            Self::MembershipNotActive => "membership_not_active",
        }
    }
}

impl Failure {
    const fn reason(&self) -> &'static str {
        match self {
            Self::Event(_) => "event_invalid",
            Self::Keys => "keys_unavailable",
            // This function writes nothing, so it never gets `RedeemOff`.
            Self::Store(StoreError::Unavailable { .. } | StoreError::RedeemOff) => "store_unavailable",
            Self::Store(StoreError::Damaged(_)) => "data_damaged",
            Self::Broken(Broken::Panic) => "panic",
            Self::Broken(Broken::Timeout) => "timeout",
        }
    }

    fn cause(&self) -> Option<String> {
        match self {
            Self::Event(error) => Some(error.to_string()),
            Self::Store(error) => Some(with_causes(error)),
            Self::Keys | Self::Broken(_) => None,
        }
    }

    const fn event(&self) -> Option<LogEvent> {
        match self {
            Self::Event(_) => Some(LogEvent::EventInvalid),
            Self::Store(StoreError::Damaged(_)) => Some(LogEvent::DataIntegrity),
            _ => None,
        }
    }
}
