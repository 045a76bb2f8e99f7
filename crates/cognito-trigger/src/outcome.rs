//! How a call of a trigger ended, and the one place that says how each end shows.

use serde_json::value::RawValue;
use tenancy::TenantId;
use tenancy::confirm::StampPlan;
use tenancy::join::JoinRefusal;
use tenancy::sign_in::Notes;

use crate::event::UnreadableEvent;
use crate::failure::Failure;
use crate::log_event::LogEvent;
use crate::public_error::PublicError;

/// How a call ended. A new variant does not compile until [`Outcome::told`] has its names; `docs/log-fields.md` describes
/// them, and a test holds the two lists against each other.
#[derive(Debug)]
pub enum Outcome {
    /// Claims of a tenant are sent, in this event.
    Issued(Box<RawValue>),
    /// A membership was written.
    Joined,
    /// Nothing had to be written.
    AlreadyJoined,
    /// Refused, and let through by `UNINVITED=admit`.
    Admitted(JoinRefusal),
    /// None of the trigger's business.
    Passed,
    /// A machine whose app client is bound to no tenant, let through by `UNBOUND_MACHINE=bare`.
    UnboundMachine,
    Failed(Failure),
    /// A failure that `MODE=observe` lets through.
    Observed(Failure),
}

/// How an end shows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Told {
    /// The dimension `Outcome`.
    pub outcome: &'static str,
    pub event: Option<LogEvent>,
    pub reason: Option<&'static str>,
    pub cause: Option<String>,
}

impl Outcome {
    #[must_use]
    pub fn told(&self) -> Told {
        let plain = |outcome| Told { outcome, event: None, reason: None, cause: None };
        let failed = |outcome, failure: &Failure| {
            let told = failure.told();
            Told { outcome, event: told.event, reason: Some(told.reason), cause: told.cause }
        };
        match self {
            Self::Issued(_) => Told { event: Some(LogEvent::TokenIssued), ..plain("issued") },
            Self::Joined => Told { event: Some(LogEvent::InviteRedeemed), ..plain("joined") },
            Self::AlreadyJoined => plain("already_joined"),
            Self::Admitted(why) => {
                Told { event: Some(LogEvent::InviteRefused), reason: Some(why.name()), ..plain("admitted") }
            }
            Self::Passed => plain("passed"),
            Self::UnboundMachine => Told { reason: Some("unbound_machine"), ..plain("passed") },
            Self::Failed(failure) if failure.told().public == PublicError::Unavailable => {
                failed("unavailable", failure)
            }
            Self::Failed(failure) => failed("denied", failure),
            Self::Observed(failure) => failed("observed", failure),
        }
    }

    /// The failure, if it is one.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) | Self::Observed(failure) => Some(failure),
            Self::Issued(_)
            | Self::Joined
            | Self::AlreadyJoined
            | Self::Admitted(_)
            | Self::Passed
            | Self::UnboundMachine => None,
        }
    }

    /// What observe mode makes of it: a failure is let through, unless there is no event to give back.
    #[must_use]
    pub fn observed(self) -> Self {
        match self {
            Self::Failed(Failure::Event(UnreadableEvent::NotAnObject)) => self,
            Self::Failed(failure) => Self::Observed(failure),
            other => other,
        }
    }

    /// What goes back to Cognito for `event`: another event, the same, or an error.
    ///
    /// # Errors
    ///
    /// [`PublicError`]: what the user is told.
    pub fn into_answer(self, event: &str) -> Result<Box<RawValue>, PublicError> {
        match self {
            Self::Issued(reply) => Ok(reply),
            Self::Failed(failure) => Err(failure.told().public),
            Self::Joined
            | Self::AlreadyJoined
            | Self::Admitted(_)
            | Self::Passed
            | Self::UnboundMachine
            | Self::Observed(_) => {
                RawValue::from_string(event.to_owned()).map_err(|_| PublicError::Unavailable)
            }
        }
    }
}

/// What a trigger did about one event, and how it came to that.
#[derive(Debug)]
pub struct Handled {
    pub outcome: Outcome,
    /// The tenant that was granted or joined.
    pub tenant: Option<TenantId>,
    /// Bytes added to a token; `None` when no contents were made.
    pub claim_bytes: Option<usize>,
    pub notes: Notes,
    /// The stamp that was to be written.
    pub stamp: Option<StampPlan>,
    /// Whether a stamp stays pending because it could not be written.
    pub is_stamp_deferred: bool,
    /// IAM roles of the tenant that the allow-list does not admit.
    pub iam_roles_left_out: usize,
}

impl From<Outcome> for Handled {
    fn from(outcome: Outcome) -> Self {
        Self {
            outcome,
            tenant: None,
            claim_bytes: None,
            notes: Notes::default(),
            stamp: None,
            is_stamp_deferred: false,
            iam_roles_left_out: 0,
        }
    }
}

impl From<Failure> for Handled {
    fn from(failure: Failure) -> Self {
        Outcome::Failed(failure).into()
    }
}
