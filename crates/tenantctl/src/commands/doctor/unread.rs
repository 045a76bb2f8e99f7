//! What could not be read, and why: for the one who runs the audit.

use aws_sdk_cognitoidentityprovider::config::http::HttpResponse;
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};

use crate::failure::{self, Failure};

/// Why something could not be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unread {
    /// What kind of no it was.
    pub kind: No,
    /// In words.
    pub reason: String,
    /// What these credentials must be allowed, such as `cognito-idp:ListUserPoolClients`.
    pub action: &'static str,
}

/// A kind of no.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum No {
    /// These credentials may not.
    Denied,
    /// The server does not know the operation.
    Unsupported,
    /// There is no such thing.
    Missing,
    /// Anything else.
    Failed,
}

/// What was read, or why it was not.
pub type Read<T> = Result<T, Unread>;

impl Unread {
    /// Why the call `action`, such as `lambda:GetPolicy`, had no answer.
    pub fn of<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let kind = kind(error.as_service_error().and_then(ProvideErrorMetadata::code), status);
        let operation = action.split_once(':').map_or(action, |(_, operation)| operation);
        let reason = match kind {
            No::Denied => format!("these credentials may not call {operation}; allow {action}"),
            No::Unsupported => format!("the server does not know {operation}"),
            No::Missing | No::Failed => format!("could not call {operation}: {}", failure::said(error)),
        };
        Self { kind, reason, action }
    }

    /// As the failure of the command.
    #[must_use]
    pub fn into_failure(self, what: &str, missing_hint: &str) -> Failure {
        let failure = Failure::failed(format!("could not {what}: {}", self.reason));
        match self.kind {
            No::Denied => failure.hint(format!(
                "The audit rests on it. It needs {} on the user pool; `tenantctl doctor --help` lists all.",
                self.action
            )),
            No::Missing => failure.hint(missing_hint),
            No::Unsupported => failure.hint(
                "Does --endpoint-url (or AWS_ENDPOINT_URL) point at a server that plays Cognito user pools?",
            ),
            No::Failed => failure.hint("Are --region, --profile and --endpoint-url those of the user pool?"),
        }
    }
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}

/// What kind of no a code and a status of HTTP are. Servers that play AWS say "I do not know this" in many ways.
fn kind(code: Option<&str>, status: Option<u16>) -> No {
    const UNSUPPORTED: [&str; 10] = [
        "UnknownOperationException",
        "UnknownOperation",
        "UnknownAction",
        "InvalidAction",
        "InvalidActionException",
        "NotImplemented",
        "NotImplementedException",
        "NotImplementedError",
        "UnsupportedOperation",
        "UnsupportedOperationException",
    ];
    const DENIED: [&str; 6] = [
        "AccessDeniedException",
        "AccessDenied",
        "NotAuthorizedException",
        "UnauthorizedOperation",
        "AuthorizationErrorException",
        "UnauthorizedException",
    ];
    match (code, status) {
        (Some(code), _) if UNSUPPORTED.contains(&code) => No::Unsupported,
        (Some(code), _) if DENIED.contains(&code) => No::Denied,
        (Some("ResourceNotFoundException"), _) => No::Missing,
        (_, Some(501 | 405)) | (None, Some(404)) => No::Unsupported,
        (None, Some(401 | 403)) => No::Denied,
        _ => No::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::{No, kind};

    #[test]
    fn a_no_of_a_server_is_told_from_a_no_to_these_credentials() {
        let rows = [
            (
                "Cognito's word for an unknown call",
                Some("UnknownOperationException"),
                Some(400),
                No::Unsupported,
            ),
            ("501 without a word", None, Some(501), No::Unsupported),
            ("501 with a word of its own", Some("Oops"), Some(501), No::Unsupported),
            ("a path that is not served", None, Some(404), No::Unsupported),
            ("no permission", Some("AccessDeniedException"), Some(400), No::Denied),
            ("a gateway's 403", None, Some(403), No::Denied),
            ("no such pool", Some("ResourceNotFoundException"), Some(400), No::Missing),
            ("no such function", Some("ResourceNotFoundException"), Some(404), No::Missing),
            ("a fault of the server", Some("InternalErrorException"), Some(500), No::Failed),
            ("no answer at all", None, None, No::Failed),
        ];

        for (name, code, status, expected) in rows {
            assert_eq!(kind(code, status), expected, "{name}");
        }
    }
}
