//! What an error of AWS means. Everything reads it here: one message for each meaning.
//!
//! Messages of services are repeated, bodies of answers never: a description of an app client holds its secret.

mod meaning;

use std::error::Error;
use std::fmt;

use aws_sdk_cognitoidentityprovider::config::http::HttpResponse;
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};
use tenancy_aws::{CallError, CallFailure};

pub use meaning::Meaning;

/// An error of AWS, in words. `Display` says what happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AwsError {
    meaning: Meaning,
    code: Option<String>,
    message: Option<String>,
    status: Option<u16>,
    cause: Option<String>,
}

impl AwsError {
    /// Reads an error of the SDK.
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        CallError::of(error).into()
    }

    /// Without the service's own words, for calls about users: Cognito may quote the user in them. Words that name a
    /// permission are about the operator, and stay.
    #[must_use]
    pub fn about_user(mut self) -> Self {
        self.message = self.permission().map(str::to_owned);
        self
    }

    /// What IAM says of the permission that is missing: "User: ARN is not authorized to perform: ACTION on resource: ARN
    /// because ..".
    pub fn permission(&self) -> Option<&str> {
        let is_of_iam = |message: &&str| {
            message.starts_with("User: arn:") && message.contains(" is not authorized to perform: ")
        };
        self.message().filter(is_of_iam)
    }

    /// The error of a call among what caused `error`, such as that of the table in a [`tenancy::ports::StoreError`].
    pub fn within(error: &(dyn Error + 'static)) -> Option<Self> {
        std::iter::successors(Some(error), |&cause| cause.source())
            .find_map(|cause| cause.downcast_ref::<CallError>())
            .cloned()
            .map(Self::from)
    }

    pub fn meaning(&self) -> Meaning {
        self.meaning
    }

    /// The service's error code.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The service's own words.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.status
    }
}

impl From<CallError> for AwsError {
    fn from(call: CallError) -> Self {
        let meaning = Meaning::of(&call);
        let built = (call.kind == CallFailure::NotBuilt).then(|| call.to_string());
        let message = call.message.map(|message| message.trim().trim_end_matches('.').to_owned());
        Self {
            meaning,
            code: call.code,
            message: message.filter(|message| !message.is_empty()).or(built),
            status: call.status,
            cause: call.cause,
        }
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = self.message.as_deref();
        let (what, detail) = match self.meaning {
            Meaning::SessionExpired => ("the session has expired", None),
            Meaning::KeysRefused => ("AWS does not accept these keys", None),
            Meaning::NoCredentials => ("there are no usable credentials", self.cause.as_deref()),
            Meaning::ClockWrong => ("the clock of this computer differs too much from that of AWS", None),
            Meaning::Denied => (said.unwrap_or("these credentials lack the permission for this call"), None),
            Meaning::NotFound => (said.unwrap_or("there is no such resource"), None),
            Meaning::UserNotFound => ("there is no such user", None),
            Meaning::Throttled => ("AWS throttled the call", None),
            Meaning::Conflict => (said.unwrap_or("another call is changing the same resource"), None),
            Meaning::Unsupported => ("the server does not support this operation", None),
            Meaning::Unreachable => match self.cause.as_deref() {
                Some(cause) => ("could not connect, or the connection broke", Some(cause)),
                None => ("AWS did not answer in time", None),
            },
            Meaning::Internal => ("AWS had an internal error", None),
            Meaning::Unreadable => ("could not read the response", None),
            Meaning::Refused => (said.unwrap_or("AWS refused it"), None),
        };
        if let (Meaning::Unreadable, Some(status)) = (self.meaning, self.status) {
            return write!(f, "the server returned status {status} with an unreadable body");
        }
        f.write_str(what)?;
        match (&self.code, self.status, detail) {
            (_, _, Some(detail)) => write!(f, ": {detail}"),
            (Some(code), _, None) => write!(f, " ({code})"),
            (None, Some(status), None) => write!(f, " (status {status})"),
            (None, None, None) => Ok(()),
        }
    }
}

impl Error for AwsError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(code: &str, message: &str, status: u16) -> AwsError {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        CallError {
            kind: CallFailure::Refused,
            code: some(code),
            message: some(message),
            status: Some(status),
            cause: None,
        }
        .into()
    }

    #[test]
    fn a_page_of_a_proxy_is_no_refusal() {
        for status in [200, 418] {
            let error = answered("", "", status);
            assert_eq!(error.meaning(), Meaning::Unreadable);
            assert_eq!(
                error.to_string(),
                format!("the server returned status {status} with an unreadable body")
            );
        }
    }

    #[test]
    fn a_denial_says_what_to_ask_the_administrator_for() {
        let said = "User: arn:aws:iam::111122223333:user/ops is not authorized to perform: cognito-idp:ListUsers on \
                    resource: arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_AbC because no \
                    identity-based policy allows the cognito-idp:ListUsers action";

        let named = answered("AccessDeniedException", said, 400);
        let unnamed = answered("AccessDeniedException", "", 400);

        assert_eq!(named.to_string(), format!("{said} (AccessDeniedException)"));
        assert_eq!(
            unnamed.to_string(),
            "these credentials lack the permission for this call (AccessDeniedException)"
        );
    }

    #[test]
    fn what_has_no_answer_says_what_was_in_the_way() {
        let silent = |kind, cause: Option<&str>| {
            let cause = cause.map(str::to_owned);
            AwsError::from(CallError { kind, code: None, message: None, status: None, cause })
        };

        let rows = [
            (silent(CallFailure::TimedOut, None), Meaning::Unreachable, "AWS did not answer in time"),
            (
                silent(CallFailure::NotConnected, Some("Connection refused")),
                Meaning::Unreachable,
                "could not connect, or the connection broke: Connection refused",
            ),
            (
                silent(CallFailure::NoCredentials, Some("there is no profile `x`")),
                Meaning::NoCredentials,
                "there are no usable credentials: there is no profile `x`",
            ),
            (silent(CallFailure::NotBuilt, None), Meaning::Refused, "the request could not be built"),
        ];

        for (error, meaning, text) in rows {
            assert_eq!((error.meaning(), error.to_string().as_str()), (meaning, text));
        }
    }
}
