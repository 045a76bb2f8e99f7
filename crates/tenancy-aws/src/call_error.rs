//! Why a call of AWS brought no answer, told by its kind and its code rather than in a sentence.

use std::error::Error;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use tenancy::ports::StoreError;

/// Why a call brought no answer.
///
/// `Display` and `Debug` are for logs: they hold the kind and the service's error code. The message may quote what was
/// sent, so they leave it out.
#[derive(Clone, Eq, PartialEq)]
pub struct CallError {
    /// How far the call came.
    pub kind: CallFailure,
    /// The service's error code, such as `AccessDeniedException`.
    pub code: Option<String>,
    /// The service's own words. May quote what was sent.
    pub message: Option<String>,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The first cause, where no answer came: of the network, or of the credentials.
    pub cause: Option<String>,
}

/// How far a call came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallFailure {
    /// The request could not be built.
    NotBuilt,
    /// The call took longer than it may.
    TimedOut,
    /// The connection, or the wait for the first byte, took longer than it may.
    ConnectTimedOut,
    /// There were no credentials to sign the request with.
    NoCredentials,
    /// There was no connection, or it broke.
    NotConnected,
    /// An answer came that cannot be read.
    Unreadable,
    /// The service answered with an error.
    Refused,
    /// Anything that a later SDK may add.
    Other,
}

impl CallError {
    /// Reads an error of the SDK.
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

/// Whether nothing was sent because there is nobody to sign it as.
fn lacks_credentials(error: &(impl Error + 'static)) -> bool {
    causes(error).any(<dyn Error>::is::<CredentialsError>)
}

/// An error and what caused it, outermost first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| cause.source())
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            CallFailure::NotBuilt => "the request could not be built",
            CallFailure::TimedOut => "timed out",
            CallFailure::ConnectTimedOut => "timed out connecting or waiting",
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

/// The store's error for a call of DynamoDB that brought no answer. Its source is a [`CallError`].
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
    fn logs_hold_the_code_and_none_of_the_words_of_the_service() {
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
