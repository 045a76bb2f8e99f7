//! What a call of the pool that was refused means for this user, and for all the others.

use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};

/// Why a call of the pool did not work. `Display` is for operators, and quotes nothing of a user.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Trouble {
    /// One call too many; the next ones have to wait.
    #[error("Cognito went on refusing it as one call too many")]
    Throttled,
    /// These credentials may not: no other call will work either.
    #[error("these credentials may not do it ({0})")]
    Denied(String),
    /// There is no such pool: the same.
    #[error("there is no such user pool")]
    PoolMissing,
    /// The pool's schema does not have the attribute: the same.
    #[error("the pool has no such attribute")]
    AttributeMissing,
    /// The pool has no such user.
    #[error("the user is not in the pool any more")]
    UserMissing,
    /// The service refused it for a reason of its own.
    #[error("Cognito refused it ({0})")]
    Refused(String),
    /// No answer, or an internal error; may work when it is tried again.
    #[error("Cognito gave no answer ({0})")]
    NoAnswer(&'static str),
    /// It was not tried: the operator has pressed ctrl-c.
    #[error("it was interrupted")]
    Interrupted,
}

impl Trouble {
    /// What an SDK error means.
    pub fn of<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Self {
        match error {
            SdkError::ServiceError(answer) => {
                let said = answer.err().meta();
                Self::said(said.code(), said.message(), answer.raw().status().as_u16())
            }
            SdkError::TimeoutError(_) => Self::NoAnswer("timed out"),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Self::NoAnswer("timed out"),
            SdkError::DispatchFailure(_) => Self::NoAnswer("could not connect"),
            SdkError::ConstructionFailure(_) => Self::Refused("the request could not be built".to_owned()),
            _ => Self::NoAnswer("the answer could not be read"),
        }
    }

    /// What an error of the service means. The texts are those that Cognito answers with.
    fn said(code: Option<&str>, message: Option<&str>, status: u16) -> Self {
        let message = message.unwrap_or_default();
        let Some(code) = code else {
            return if status >= 500 {
                Self::NoAnswer("internal error")
            } else {
                Self::Refused(status.to_string())
            };
        };
        match code {
            "TooManyRequestsException"
            | "ThrottlingException"
            | "Throttling"
            | "RequestLimitExceeded"
            | "SlowDown" => Self::Throttled,
            "AccessDeniedException"
            | "AccessDenied"
            | "NotAuthorizedException"
            | "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "ExpiredTokenException"
            | "ExpiredToken"
            | "InvalidSignatureException"
            | "IncompleteSignature"
            | "MissingAuthenticationTokenException"
            | "MissingAuthenticationToken" => Self::Denied(code.to_owned()),
            "ResourceNotFoundException" => Self::PoolMissing,
            "UserNotFoundException" => Self::UserMissing,
            "InvalidParameterException" if is_about_the_schema(message) => Self::AttributeMissing,
            "InternalErrorException" | "InternalFailure" | "ServiceUnavailable" => {
                Self::NoAnswer("internal error")
            }
            _ if status >= 500 => Self::NoAnswer("internal error"),
            _ => Self::Refused(code.to_owned()),
        }
    }

    /// A stable name for scripts.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Denied(_) => "access-denied",
            Self::PoolMissing => "pool-missing",
            Self::AttributeMissing => "attribute-missing",
            Self::UserMissing => "user-missing",
            Self::Refused(_) => "refused",
            Self::NoAnswer(_) => "no-answer",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether every other call of the same pool will end in the same way, so that there is no sense in trying.
    #[must_use]
    pub fn stops_the_pool(&self) -> bool {
        matches!(self, Self::Denied(_) | Self::PoolMissing | Self::AttributeMissing | Self::Throttled)
    }
}

fn is_about_the_schema(message: &str) -> bool {
    message.contains("did not conform to the schema") || message.contains("does not exist in the schema")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cognito_says_decides_about_this_user_or_about_all() {
        let schema = "Attributes did not conform to the schema: custom:tenantId: Attribute does not exist in the schema.\n";
        let rows = [
            (Some("TooManyRequestsException"), "Rate exceeded", 400, "throttled", true),
            (Some("AccessDeniedException"), "User: arn:.. is not authorized", 400, "access-denied", true),
            (Some("ExpiredTokenException"), "", 400, "access-denied", true),
            (Some("ResourceNotFoundException"), "User pool x does not exist.", 400, "pool-missing", true),
            (Some("InvalidParameterException"), schema, 400, "attribute-missing", true),
            (Some("InvalidParameterException"), "Invalid attributes given", 400, "refused", false),
            (Some("UserNotFoundException"), "User does not exist.", 400, "user-missing", false),
            (Some("UserLambdaValidationException"), "", 400, "refused", false),
            (Some("InternalErrorException"), "", 500, "no-answer", false),
            (None, "", 503, "no-answer", false),
            (None, "", 403, "refused", false),
        ];

        for (code, message, status, reason, stops) in rows {
            let trouble = Trouble::said(code, Some(message), status);
            assert_eq!((trouble.reason(), trouble.stops_the_pool()), (reason, stops), "{code:?} {message}");
        }
    }

    #[test]
    fn what_cognito_says_of_a_user_is_not_repeated() {
        let trouble = Trouble::said(Some("AliasExistsException"), Some("ana@example.com is taken"), 400);

        assert_eq!(trouble.to_string(), "Cognito refused it (AliasExistsException)");
    }
}
