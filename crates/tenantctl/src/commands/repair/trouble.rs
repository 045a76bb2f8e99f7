//! What a call of the pool that was refused means for this user, and for all the others.

use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};

use user_pool::aws_error::{AwsError, Meaning};

/// Why a call of the pool did not work. `Display` is for operators, and quotes nothing of a user.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Trouble {
    /// What AWS meant.
    #[error("{0}")]
    Call(AwsError),
    /// There is no such pool: no other call will work either.
    #[error("there is no such user pool")]
    PoolMissing,
    /// The pool's schema does not have the attribute: the same.
    #[error("the pool has no such attribute")]
    AttributeMissing,
    /// The pool has no such user.
    #[error("the user is not in the pool any more")]
    UserMissing,
    /// It could not even be asked.
    #[error("Cognito refused it ({0})")]
    Refused(String),
    /// It was not tried: the operator has pressed ctrl-c.
    #[error("it was interrupted")]
    Interrupted,
}

impl Trouble {
    /// What an SDK error means.
    pub(crate) fn of<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Self {
        Self::told(AwsError::of(error))
    }

    fn told(error: AwsError) -> Self {
        match error.meaning() {
            Meaning::NotFound => Self::PoolMissing,
            Meaning::UserNotFound => Self::UserMissing,
            Meaning::Refused if error.message().is_some_and(is_about_the_schema) => Self::AttributeMissing,
            _ => Self::Call(error.about_user()),
        }
    }

    /// What AWS meant, where it was AWS.
    pub(crate) fn meaning(&self) -> Option<Meaning> {
        match self {
            Self::Call(error) => Some(error.meaning()),
            _ => None,
        }
    }

    /// A stable name for scripts.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Call(error) => match error.meaning() {
                meaning if meaning.is_no_answer() => "no-answer",
                meaning if meaning.is_of_the_caller() || meaning == Meaning::Throttled => meaning.name(),
                _ => "refused",
            },
            Self::PoolMissing => "pool-missing",
            Self::AttributeMissing => "attribute-missing",
            Self::UserMissing => "user-missing",
            Self::Refused(_) => "refused",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether every other call of the same pool will end in the same way, so that there is no sense in trying.
    pub(crate) fn stops_the_pool(&self) -> bool {
        match self {
            Self::PoolMissing | Self::AttributeMissing => true,
            Self::Call(error) => error.meaning().is_of_the_caller() || error.meaning() == Meaning::Throttled,
            _ => false,
        }
    }

    /// Whether nobody answered, so that the same call may work when it is tried again.
    pub(crate) fn is_silence(&self) -> bool {
        self.meaning().is_some_and(Meaning::is_no_answer)
    }
}

fn is_about_the_schema(message: &str) -> bool {
    message.contains("did not conform to the schema") || message.contains("does not exist in the schema")
}

#[cfg(test)]
mod tests {
    use tenancy_aws::{CallError, CallFailure};

    use super::*;

    fn trouble(code: Option<&str>, message: &str, status: u16) -> Trouble {
        let call = CallError {
            kind: CallFailure::Refused,
            code: code.map(str::to_owned),
            message: Some(message.to_owned()),
            status: Some(status),
            cause: None,
        };
        Trouble::told(call.into())
    }

    #[test]
    fn what_cognito_says_decides_about_this_user_or_about_all() {
        let schema = "Attributes did not conform to the schema: custom:tenantId: Attribute does not exist in the schema.\n";
        let rows = [
            (Some("TooManyRequestsException"), "Rate exceeded", 400, "throttled", true),
            (Some("AccessDeniedException"), "User: arn:.. is not authorized", 400, "access-denied", true),
            (Some("ExpiredTokenException"), "", 400, "session-expired", true),
            (Some("ResourceNotFoundException"), "User pool x does not exist.", 400, "pool-missing", true),
            (Some("InvalidParameterException"), schema, 400, "attribute-missing", true),
            (Some("InvalidParameterException"), "Invalid attributes given", 400, "refused", false),
            (Some("UserNotFoundException"), "User does not exist.", 400, "user-missing", false),
            (Some("UserLambdaValidationException"), "", 400, "refused", false),
            (Some("InternalErrorException"), "", 500, "no-answer", false),
            (None, "", 503, "no-answer", false),
            (None, "", 403, "access-denied", true),
        ];

        for (code, message, status, reason, stops) in rows {
            let trouble = trouble(code, message, status);
            assert_eq!((trouble.reason(), trouble.stops_the_pool()), (reason, stops), "{code:?} {message}");
        }
    }

    #[test]
    fn what_cognito_says_of_a_user_is_not_repeated() {
        let rows = [
            ("AliasExistsException", "AWS refused it (AliasExistsException)"),
            (
                "ConcurrentModificationException",
                "another call is changing the same resource (ConcurrentModificationException)",
            ),
            (
                "NotAuthorizedException",
                "these credentials lack the permission for this call (NotAuthorizedException)",
            ),
        ];

        for (code, told) in rows {
            assert_eq!(trouble(Some(code), "ana@example.com is taken", 400).to_string(), told);
        }
    }

    #[test]
    fn a_permission_that_the_operator_lacks_is_named() {
        let said = "User: arn:aws:iam::1:user/ops is not authorized to perform: cognito-idp:AdminUpdateUserAttributes on \
                    resource: arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_AbC";

        let told = trouble(Some("AccessDeniedException"), said, 400).to_string();

        assert!(told.contains("cognito-idp:AdminUpdateUserAttributes on resource: arn:"), "{told}");
    }

    #[test]
    fn a_call_that_got_no_answer_is_worth_another_try() {
        let timed_out =
            CallError { kind: CallFailure::TimedOut, code: None, message: None, status: None, cause: None };

        let trouble = Trouble::Call(timed_out.into());

        assert_eq!(
            (trouble.reason(), trouble.is_silence(), trouble.stops_the_pool()),
            ("no-answer", true, false)
        );
    }
}
