//! How a call of a trigger ended, and how each end is told in the log line and in the reply.

use serde_json::value::RawValue;
use tenancy::TenantId;
use tenancy::confirm::StampPlan;
use tenancy::join::JoinRefusal;
use tenancy::sign_in::Notes;

use crate::failure::Failure;
use crate::log_event::LogEvent;
use crate::public_error::PublicError;

/// How a call ended. A new variant does not compile until [`Outcome::told`] has its names. `docs/log-fields.md` describes
/// them; a test compares the two lists.
#[derive(Debug)]
pub enum Outcome {
    /// The event with the claims of a tenant.
    Issued(Box<RawValue>),
    /// A membership was written.
    Joined,
    /// An earlier call has done it, or the user is a member and sent no code.
    AlreadyJoined,
    /// Nothing was redeemed, and `UNINVITED=admit` lets the user through.
    Admitted(JoinRefusal),
    /// The trigger does not act on this source.
    Passed,
    /// The machine's app client is bound to no tenant, and `UNBOUND_MACHINE=bare` lets it through.
    UnboundMachine,
    Failed(Failure),
    /// The call failed, and `MODE=observe` lets it through with this answer.
    Observed(Failure, Box<RawValue>),
}

/// The names of an outcome in the log line.
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
            Self::Observed(failure, _) => failed("observed", failure),
        }
    }

    /// The failure, also one that was let through.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) | Self::Observed(failure, _) => Some(failure),
            Self::Issued(_)
            | Self::Joined
            | Self::AlreadyJoined
            | Self::Admitted(_)
            | Self::Passed
            | Self::UnboundMachine => None,
        }
    }

    /// The answer to Cognito: a changed event, `event` itself, or an error.
    ///
    /// # Errors
    ///
    /// [`PublicError`]: the user's text.
    pub fn into_answer(self, event: &str) -> Result<Box<RawValue>, PublicError> {
        match self {
            Self::Issued(reply) | Self::Observed(_, reply) => Ok(reply),
            Self::Failed(failure) => Err(failure.told().public),
            Self::Joined | Self::AlreadyJoined | Self::Admitted(_) | Self::Passed | Self::UnboundMachine => {
                RawValue::from_string(event.to_owned()).map_err(|_| PublicError::Unavailable)
            }
        }
    }
}

/// The result of one event, and the facts for the log line.
#[derive(Debug)]
pub struct Handled {
    pub outcome: Outcome,
    /// The tenant that was granted or joined.
    pub tenant: Option<TenantId>,
    /// Bytes added to a token; `None` when no token contents were made.
    pub claim_bytes: Option<usize>,
    pub notes: Notes,
    /// The stamp that had to be written.
    pub stamp: Option<StampPlan>,
    /// Whether the stamp could not be written and stays pending.
    pub is_stamp_deferred: bool,
    /// How many of the tenant's IAM roles the allow-list does not allow.
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
