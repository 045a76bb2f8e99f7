//! The texts for users. Cognito passes an error's text to the app ("PreTokenGeneration failed with error `<text>`."), and
//! managed login shows it and puts it into URLs. So no other text may leave a trigger.

use function::Diagnostic;
use tenancy::sign_in::Refusal;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PublicError {
    /// No invite was redeemed. The text is the same for every reason, so that nobody can probe which invites or addresses
    /// exist.
    InviteRequired,
    /// The user is a member of no tenant.
    NoTenant,
    /// The user is not a member of the tenant that was asked for or that the app client is bound to, or the tenant is in other
    /// user pools.
    WrongTenant,
    /// The user has lost the default tenant, and must choose another at the next sign-in.
    ChooseTenant,
    /// The tenant or the membership is suspended, or the tenant is offboarded.
    Suspended,
    /// Every other failure.
    Unavailable,
}

impl PublicError {
    pub const ALL: [Self; 6] = [
        Self::InviteRequired,
        Self::NoTenant,
        Self::WrongTenant,
        Self::ChooseTenant,
        Self::Suspended,
        Self::Unavailable,
    ];

    /// `errorType` of the Lambda error. Stable.
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

    /// `errorMessage` of the Lambda error. Cognito adds the full stop.
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
            Refusal::WrongTenant | Refusal::OtherPool => Self::WrongTenant,
            Refusal::ChooseTenant => Self::ChooseTenant,
            Refusal::Suspended => Self::Suspended,
        }
    }
}

impl From<PublicError> for Diagnostic {
    fn from(error: PublicError) -> Self {
        Self { error_type: error.code().to_owned(), error_message: error.text().to_owned() }
    }
}
