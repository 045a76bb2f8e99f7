//! Why a call of AWS brought no answer, in words for operators.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use tenancy::ports::StoreError;

/// The error for an SDK call that brought no answer. Keeps what kind of failure it was and the service's error code, and
/// not its message, which may quote what was sent.
pub(crate) fn unavailable<E>(operation: &'static str, error: &SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata,
{
    StoreError::Unavailable { operation, source: describe(error).into() }
}

/// Whether nothing was sent because nobody knows as whom. The type of that is not among those that the SDK's crates hand on.
fn lacks_credentials(error: &(impl std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |cause| cause.source())
        .any(|cause| cause.to_string().contains("credentials"))
}

/// An SDK error in a few words without data: its kind, and the service's error code.
pub(crate) fn describe<E>(error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata,
{
    let kind = match error {
        SdkError::ConstructionFailure(_) => "the request could not be built",
        SdkError::TimeoutError(_) => "timed out",
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "timed out connecting or waiting",
        SdkError::DispatchFailure(failure) if failure.as_connector_error().is_some_and(lacks_credentials) => {
            "there are no usable credentials"
        }
        SdkError::DispatchFailure(_) => "could not connect, or the connection broke",
        SdkError::ResponseError(_) => "the answer could not be read",
        SdkError::ServiceError(answer) if answer.raw().status().is_success() => {
            "the answer could not be read"
        }
        SdkError::ServiceError(_) => "refused by the service",
        _ => "failed",
    };
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some(code) => format!("{kind}: {code}"),
        None => kind.to_owned(),
    }
}
