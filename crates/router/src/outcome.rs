//! How a request ended, and its names in the log line. `docs/log-fields.md` describes each.

use axum::http::StatusCode;
use axum::response::Response;
use function::metrics::CACHE_STALE;
use function::{Broken, with_causes};
use tenancy::ports::StoreError;
use tenancy::route::{Answer, Unknown};
use tenancy::{CellName, TenantId};

/// How a request ended. A handler puts it into the extensions of its response.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Outcome {
    pub kind: Kind,
    pub reason: Option<&'static str>,
    /// More than the reason says. No personal data and no secret.
    pub cause: Option<String>,
    pub event: Option<LogEvent>,
    pub cell: Option<CellName>,
    pub tenant: Option<TenantId>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Kind {
    /// A route of a tenant's own.
    Routed,
    /// The route that everybody gets.
    Default,
    /// No route was asked for.
    #[default]
    Served,
    /// 4xx.
    Refused,
    /// 503.
    Unavailable,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Routed, Self::Default, Self::Served, Self::Refused, Self::Unavailable];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Routed => "routed",
            Self::Default => "default",
            Self::Served => "served",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }
}

/// The closed list of values of the field `event`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogEvent {
    DataIntegrity,
    EventInvalid,
    CacheStale,
}

impl LogEvent {
    pub const ALL: [Self; 3] = [Self::DataIntegrity, Self::EventInvalid, Self::CacheStale];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DataIntegrity => "data.integrity",
            Self::EventInvalid => "event.invalid",
            Self::CacheStale => CACHE_STALE,
        }
    }
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    Host,
    NotFound,
    Method,
    ContentType,
    TooLarge,
    Body,
    Origin,
    /// The form has neither an address nor a code. The page says so.
    Entry,
}

impl Refusal {
    pub const ALL: [Self; 8] = [
        Self::Host,
        Self::NotFound,
        Self::Method,
        Self::ContentType,
        Self::TooLarge,
        Self::Body,
        Self::Origin,
        Self::Entry,
    ];

    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::NotFound => "not_found",
            Self::Method => "method",
            Self::ContentType => "content_type",
            Self::TooLarge => "too_large",
            Self::Body => "body",
            Self::Origin => "origin",
            Self::Entry => "entry",
        }
    }

    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body => StatusCode::BAD_REQUEST,
            Self::Origin => StatusCode::FORBIDDEN,
            Self::Entry => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    pub(crate) const fn detail(self) -> &'static str {
        match self {
            Self::Host => "This host is not served here.",
            Self::NotFound => "There is nothing at this path.",
            Self::Method => "This path does not have this method.",
            Self::ContentType => "The body must be application/json here, and a form at /start.",
            Self::TooLarge => "The body is too large.",
            Self::Body => "The body must be an object with either `email` or `code`, a string.",
            Self::Origin => "The form must be sent from the start page.",
            Self::Entry => "Enter an e-mail address or an organization code.",
        }
    }
}

/// Why nothing could be answered.
#[derive(Debug)]
pub enum Failure {
    Store(StoreError),
    Broken(Broken),
    /// The Lambda event is none of API Gateway's.
    Event,
}

impl Failure {
    const fn reason(&self) -> &'static str {
        match self {
            Self::Store(StoreError::Unavailable { .. } | StoreError::RedeemOff) => "store_unavailable",
            Self::Store(StoreError::Damaged(_)) => "data_damaged",
            Self::Broken(Broken::Panic) => "panic",
            Self::Broken(Broken::Timeout) => "timeout",
            Self::Event => "event_invalid",
        }
    }

    const fn event(&self) -> Option<LogEvent> {
        match self {
            Self::Store(StoreError::Damaged(_)) => Some(LogEvent::DataIntegrity),
            Self::Event => Some(LogEvent::EventInvalid),
            _ => None,
        }
    }
}

impl From<&Answer> for Outcome {
    fn from(answer: &Answer) -> Self {
        let (reason, tenant) = match &answer.tenant {
            Ok((id, _)) => (None, Some(id.clone())),
            Err(unknown) => (Some(unknown_reason(*unknown)), None),
        };
        Self {
            kind: if answer.is_default { Kind::Default } else { Kind::Routed },
            reason,
            cell: Some(answer.cell.clone()),
            tenant,
            ..Self::default()
        }
    }
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        Self { kind: Kind::Refused, reason: Some(refusal.reason()), ..Self::default() }
    }
}

impl From<&Failure> for Outcome {
    fn from(failure: &Failure) -> Self {
        let cause = match failure {
            Failure::Store(error) => Some(with_causes(error)),
            Failure::Broken(_) | Failure::Event => None,
        };
        Self {
            kind: Kind::Unavailable,
            reason: Some(failure.reason()),
            cause,
            event: failure.event(),
            ..Self::default()
        }
    }
}

/// Why a request names no tenant, as a reason.
#[must_use]
pub const fn unknown_reason(unknown: Unknown) -> &'static str {
    match unknown {
        Unknown::Nobody => "nobody",
        Unknown::NoSlug => "no_slug",
        Unknown::NoDomain => "no_domain",
        Unknown::NotRouted => "not_routed",
        Unknown::NoTenant => "no_tenant",
        Unknown::Offboarded => "offboarded",
    }
}

/// A response that ended like this.
pub(crate) fn ended(mut response: Response, outcome: impl Into<Outcome>) -> Response {
    response.extensions_mut().insert(outcome.into());
    response
}
