//! What could not be read, and why: for the one who runs the audit.

use aws_sdk_cognitoidentityprovider::config::http::HttpResponse;
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};

use tenancy::ports::StoreError;
use user_pool::{AwsError, Meaning};

/// Why something could not be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unread {
    pub kind: No,
    /// In words.
    pub reason: String,
    /// What these credentials must be allowed, such as `cognito-idp:ListUserPoolClients`.
    pub action: &'static str,
}

/// A kind of no, as far as rules tell them apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum No {
    /// These credentials may not.
    Denied,
    /// The server does not know the operation.
    Unsupported,
    /// There is no such thing.
    Missing,
    /// The credentials or the clock are at fault: no call works until the operator has mended that.
    Caller(Meaning),
    /// Anything else.
    Failed,
}

/// What was read, or why it was not.
pub type Read<T> = Result<T, Unread>;

impl From<Meaning> for No {
    fn from(meaning: Meaning) -> Self {
        match meaning {
            Meaning::Denied => Self::Denied,
            Meaning::Unsupported => Self::Unsupported,
            Meaning::NotFound => Self::Missing,
            meaning if meaning.needs_sign_in() || meaning == Meaning::ClockWrong => Self::Caller(meaning),
            _ => Self::Failed,
        }
    }
}

impl Unread {
    /// Why the call `action`, such as `lambda:GetPolicy`, had no answer.
    pub fn of<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        let error = AwsError::of(error);
        let kind = No::from(error.meaning());
        let operation = action.split_once(':').map_or(action, |(_, operation)| operation);
        let reason = match kind {
            No::Denied => {
                let said = error.permission().map_or(String::new(), |said| format!(" ({said})"));
                format!("these credentials may not call {operation}; allow {action}{said}")
            }
            No::Unsupported => format!("the server does not know {operation}"),
            No::Missing | No::Caller(_) | No::Failed => format!("could not call {operation}: {error}"),
        };
        Self { kind, reason, action }
    }

    /// Why the table gave no answer to `action`, such as `dynamodb:Query`.
    pub fn of_table(action: &'static str, error: &StoreError) -> Self {
        let (kind, reason) = match error {
            StoreError::Unavailable { operation, source } => match AwsError::within(&**source) {
                Some(error) => (No::from(error.meaning()), format!("could not {operation}: {error}")),
                None => (No::Failed, format!("could not {operation}: {source}")),
            },
            StoreError::Damaged(_) | StoreError::RedeemOff => (No::Failed, error.to_string()),
        };
        Self { kind, reason, action }
    }
}

impl From<Unread> for String {
    fn from(unread: Unread) -> Self {
        unread.reason
    }
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}
