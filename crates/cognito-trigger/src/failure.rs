//! Why a trigger failed: the user's text and the operator's.

use function::{Broken, with_causes};
use tenancy::join::JoinRefusal;
use tenancy::ports::StoreError;
use tenancy::sign_in::{NoGrant, Refusal};

use crate::event::UnreadableEvent;
use crate::log_event::LogEvent;
use crate::public_error::PublicError;

/// Why a trigger failed. A new variant does not compile until [`Failure::told`] has its texts.
#[derive(Debug)]
pub enum Failure {
    /// post-confirmation: nothing was redeemed.
    NotInvited(JoinRefusal),
    /// pre-token-generation refuses a token; with the reason why no invite was redeemed, if that is the cause.
    Refused(Refusal, Option<JoinRefusal>),
    /// The machine's app client is bound to no tenant.
    UnboundMachine,
    /// The same, and the machine asked for the marker scope, which says that a token has a tenant.
    MarkerRequested,
    /// The pool is not in `USER_POOL_IDS`.
    PoolNotAllowed,
    Event(UnreadableEvent),
    Store(StoreError),
    /// The claims or groups exceed the limit for one token.
    ClaimsTooLarge {
        bytes: usize,
        max_bytes: usize,
        groups: usize,
        max_groups: usize,
    },
    /// The reply is not JSON. Replies of this crate always are.
    Reply(serde_json::Error),
    Broken(Broken),
}

/// The user's text and the operator's for one failure.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FailureTold {
    pub public: PublicError,
    /// A stable name for logs and metrics.
    pub reason: &'static str,
    /// More than the reason says, in words for operators. No personal data and no secret.
    pub cause: Option<String>,
    /// `None`: the trigger's default event for failures.
    pub event: Option<LogEvent>,
}

impl Failure {
    #[must_use]
    pub fn told(&self) -> FailureTold {
        let unavailable =
            |reason| FailureTold { public: PublicError::Unavailable, reason, cause: None, event: None };
        match self {
            Self::NotInvited(why) => FailureTold {
                public: PublicError::InviteRequired,
                event: Some(LogEvent::InviteRefused),
                ..unavailable(why.name())
            },
            Self::Refused(refusal, why) => {
                let public = PublicError::from(*refusal);
                let reason = match (why, refusal) {
                    (Some(why), _) => why.name(),
                    (None, Refusal::OtherPool) => JoinRefusal::OtherPool.name(),
                    (None, _) => public.reason(),
                };
                FailureTold { public, ..unavailable(reason) }
            }
            Self::UnboundMachine => {
                FailureTold { public: PublicError::WrongTenant, ..unavailable("unbound_machine") }
            }
            Self::MarkerRequested => {
                FailureTold { public: PublicError::WrongTenant, ..unavailable("marker_requested") }
            }
            Self::PoolNotAllowed => unavailable("pool_not_allowed"),
            Self::Event(error) => FailureTold {
                cause: Some(error.to_string()),
                event: Some(LogEvent::EventInvalid),
                ..unavailable("event_invalid")
            },
            Self::Store(error @ StoreError::Unavailable { .. }) => {
                FailureTold { cause: Some(with_causes(error)), ..unavailable("store_unavailable") }
            }
            Self::Store(error @ StoreError::Damaged(_)) => FailureTold {
                cause: Some(with_causes(error)),
                event: Some(LogEvent::DataIntegrity),
                ..unavailable("data_damaged")
            },
            Self::Store(error @ StoreError::RedeemOff) => {
                FailureTold { cause: Some(with_causes(error)), ..unavailable("redeem_off") }
            }
            Self::ClaimsTooLarge { bytes, max_bytes, groups, max_groups } => FailureTold {
                cause: Some(format!(
                    "{bytes} bytes and {groups} groups for one token; at most CLAIM_BYTES_MAX of {max_bytes} and {max_groups} groups may be"
                )),
                event: Some(LogEvent::DataIntegrity),
                ..unavailable("claims_too_large")
            },
            Self::Reply(error) => FailureTold { cause: Some(error.to_string()), ..unavailable("reply") },
            Self::Broken(Broken::Panic) => unavailable("panic"),
            Self::Broken(Broken::Timeout) => unavailable("timeout"),
        }
    }
}

impl From<UnreadableEvent> for Failure {
    fn from(error: UnreadableEvent) -> Self {
        Self::Event(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal, None)
    }
}

impl From<NoGrant> for Failure {
    fn from(none: NoGrant) -> Self {
        match none {
            NoGrant::Refused(refusal) => refusal.into(),
            NoGrant::Store(error) => error.into(),
        }
    }
}
