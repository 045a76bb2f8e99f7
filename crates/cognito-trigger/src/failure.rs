//! What a user can be told. Cognito hands an error's text to the client as it is ("PreTokenGeneration failed with error
//! `<text>`."), managed login shows it and puts it into addresses, so nothing but these texts may ever leave.

use lambda_runtime::Diagnostic;
use tenancy::choice::Refusal;
use tenancy::ports::StoreError;
use tenancy::sign_in::NoGrant;

use crate::event::UnreadableEvent;

/// The closed list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PublicError {
    /// No invite was redeemed. One text for every reason, so that nobody can probe which invites or addresses exist.
    InviteRequired,
    /// The user is in no tenant.
    NoTenant,
    /// The user is not in the tenant that was asked for, or that the app client is bound to.
    WrongTenant,
    /// The user is in several tenants and none is chosen.
    ChooseTenant,
    /// The tenant or the membership in it is suspended or over.
    Suspended,
    /// Everything else.
    Unavailable,
}

impl PublicError {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::InviteRequired,
        Self::NoTenant,
        Self::WrongTenant,
        Self::ChooseTenant,
        Self::Suspended,
        Self::Unavailable,
    ];

    /// The stable name: `errorType` of the Lambda error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InviteRequired => "INVITE_REQUIRED",
            Self::NoTenant => "NO_TENANT",
            Self::WrongTenant => "WRONG_TENANT",
            Self::ChooseTenant => "CHOOSE_TENANT",
            Self::Suspended => "SUSPENDED",
            Self::Unavailable => "UNAVAILABLE",
        }
    }

    /// The text: `errorMessage` of the Lambda error. Cognito adds the full stop.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::InviteRequired => "You need a valid invitation. Ask your administrator for one",
            Self::NoTenant => {
                "Your account does not belong to an organization yet. Ask your administrator for an invitation"
            }
            Self::WrongTenant => "Your account cannot sign in to this organization",
            Self::ChooseTenant => "Choose the organization to sign in to",
            Self::Suspended => "Access to this organization is suspended. Contact your administrator",
            Self::Unavailable => "Sign-in is not available right now. Try again in a moment",
        }
    }

    /// A stable name of the reason for logs and metrics.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::InviteRequired => "invite_required",
            Self::NoTenant => "no_tenant",
            Self::WrongTenant => "wrong_tenant",
            Self::ChooseTenant => "choose_tenant",
            Self::Suspended => "suspended",
            Self::Unavailable => "unavailable",
        }
    }
}

impl From<Refusal> for PublicError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoTenant => Self::NoTenant,
            Refusal::InviteRequired => Self::InviteRequired,
            Refusal::WrongTenant => Self::WrongTenant,
            Refusal::ChooseTenant => Self::ChooseTenant,
            Refusal::Suspended => Self::Suspended,
        }
    }
}

/// Why a trigger ended in an error: what the user is told, and what the operator is.
pub struct TriggerFailure {
    /// What the user is told.
    pub public: PublicError,
    /// Why, as a stable name for logs and metrics.
    pub reason: &'static str,
    /// Why, in the operator's words; empty where the reason says it all. No personal data and no secret.
    pub cause: String,
}

impl TriggerFailure {
    /// A failure of which the reason says it all.
    #[must_use]
    pub fn of(public: PublicError) -> Self {
        Self { public, reason: public.reason(), cause: String::new() }
    }

    /// A pool that is not in `USER_POOL_IDS`.
    #[must_use]
    pub fn pool_not_allowed() -> Self {
        Self { public: PublicError::Unavailable, reason: "pool_not_allowed", cause: String::new() }
    }

    /// Something other than the user's own standing: `UNAVAILABLE`, with the operator's words.
    #[must_use]
    pub fn unavailable(reason: &'static str, cause: &(dyn std::error::Error + 'static)) -> Self {
        Self { public: PublicError::Unavailable, reason, cause: with_causes(cause) }
    }
}

impl From<Refusal> for TriggerFailure {
    fn from(refusal: Refusal) -> Self {
        Self::of(refusal.into())
    }
}

impl From<UnreadableEvent> for TriggerFailure {
    fn from(error: UnreadableEvent) -> Self {
        Self::unavailable("event_invalid", &error)
    }
}

impl From<StoreError> for TriggerFailure {
    fn from(error: StoreError) -> Self {
        let reason = match error {
            StoreError::Unavailable { .. } => "store_unavailable",
            StoreError::Damaged(_) => "data_damaged",
        };
        Self::unavailable(reason, &error)
    }
}

impl From<NoGrant> for TriggerFailure {
    fn from(none: NoGrant) -> Self {
        match none {
            NoGrant::Refused(refusal) => refusal.into(),
            NoGrant::Store(error) => error.into(),
        }
    }
}

impl From<TriggerFailure> for Diagnostic {
    fn from(failure: TriggerFailure) -> Self {
        Self { error_type: failure.public.code().to_owned(), error_message: failure.public.text().to_owned() }
    }
}

impl std::fmt::Debug for TriggerFailure {
    /// The operator's one line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.public.code(), self.reason)?;
        if self.cause.is_empty() { Ok(()) } else { write!(f, ": {}", self.cause) }
    }
}

/// An error and what caused it, on one line.
#[must_use]
pub fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
