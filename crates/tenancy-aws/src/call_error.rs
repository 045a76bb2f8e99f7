//! Why an AWS call failed: a kind and an error code that code can match on.

use std::error::Error;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use tenancy::ports::StoreError;

/// Why an AWS call failed.
///
/// `Display` and `Debug` are for logs: they hold the kind and the service's error code. They leave out the message, because
/// it may quote the request.
#[derive(Clone, Eq, PartialEq)]
pub struct CallError {
    pub kind: CallFailure,
    /// The service's error code, such as `AccessDeniedException`.
    pub code: Option<String>,
    /// The service's own text. It may quote the request.
    pub message: Option<String>,
    /// The HTTP status, if the service answered.
    pub status: Option<u16>,
    /// The root cause if the service did not answer: an error of the network or of the credentials.
    pub cause: Option<String>,
}

/// The step at which a call failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallFailure {
    /// The request could not be built.
    NotBuilt,
    /// The call exceeded its timeout.
    TimedOut,
    /// Connecting, or waiting for the first byte, exceeded its timeout.
    ConnectTimedOut,
    /// The SDK had no credentials to sign the request with.
    NoCredentials,
    /// The connection failed or broke.
    NotConnected,
    /// The answer is malformed.
    Unreadable,
    /// The service answered with an error.
    Refused,
    /// A kind of error that a later SDK may add.
    Other,
}

impl CallError {
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        let kind = kind(error);
        let connector = match error {
            SdkError::DispatchFailure(failure) => failure.as_connector_error(),
            _ => None,
        };
        let meta = error.as_service_error().map(ProvideErrorMetadata::meta);
        Self {
            kind,
            code: meta.and_then(|meta| meta.code()).map(str::to_owned),
            message: meta.and_then(|meta| meta.message()).map(str::to_owned),
            status: error.raw_response().map(|response| response.status().as_u16()),
            cause: connector.and_then(|error| causes(error).last().map(ToString::to_string)),
        }
    }
}

fn kind<E>(error: &SdkError<E, HttpResponse>) -> CallFailure {
    match error {
        SdkError::ConstructionFailure(_) => CallFailure::NotBuilt,
        SdkError::TimeoutError(_) => CallFailure::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => CallFailure::ConnectTimedOut,
        SdkError::DispatchFailure(failure) if failure.as_connector_error().is_some_and(lacks_credentials) => {
            CallFailure::NoCredentials
        }
        SdkError::DispatchFailure(_) => CallFailure::NotConnected,
        SdkError::ResponseError(_) => CallFailure::Unreadable,
        SdkError::ServiceError(answer) if answer.raw().status().is_success() => CallFailure::Unreadable,
        SdkError::ServiceError(_) => CallFailure::Refused,
        _ => CallFailure::Other,
    }
}

/// Whether the request was not sent because the SDK had no credentials to sign it with.
fn lacks_credentials(error: &(impl Error + 'static)) -> bool {
    causes(error).any(<dyn Error>::is::<CredentialsError>)
}

/// An error and its causes, outermost first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| cause.source())
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            CallFailure::NotBuilt => "the request could not be built",
            CallFailure::TimedOut => "timed out",
            CallFailure::ConnectTimedOut => "timed out while connecting or waiting for an answer",
            CallFailure::NoCredentials => "there are no usable credentials",
            CallFailure::NotConnected => "could not connect, or the connection broke",
            CallFailure::Unreadable => "the answer could not be read",
            CallFailure::Refused => "refused by the service",
            CallFailure::Other => "failed",
        })?;
        self.code.as_ref().map_or(Ok(()), |code| write!(f, ": {code}"))
    }
}

impl fmt::Debug for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallError")
            .field("kind", &self.kind)
            .field("code", &self.code)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Error for CallError {}

/// The store's error for a DynamoDB call that failed. Its source is a [`CallError`].
pub(crate) fn unavailable<E>(operation: &'static str, error: &SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata,
{
    StoreError::Unavailable { operation, source: Box::new(CallError::of(error)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_hold_the_code_and_not_the_message_of_the_service() {
        let error = CallError {
            kind: CallFailure::Refused,
            code: Some("ValidationException".to_owned()),
            message: Some("ana@example.com is no key".to_owned()),
            status: Some(400),
            cause: None,
        };

        let logged = format!("{error} {error:?}");

        assert!(logged.starts_with("refused by the service: ValidationException"), "{logged}");
        assert!(!logged.contains("ana@example.com"), "{logged}");
    }
}
