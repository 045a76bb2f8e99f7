//! How invocations end.

use axum::body::Bytes;

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Invocation {
    /// The function's reply, byte for byte.
    Ok(Bytes),
    /// The function reported an error, or failed to start.
    FunctionError(FunctionError),
    /// The function ran into its timeout and was killed.
    TimedOut(FunctionError),
    /// The function's process ended in the middle of the event.
    Exited(FunctionError),
}

impl Invocation {
    #[must_use]
    pub fn error(&self) -> Option<&FunctionError> {
        match self {
            Self::Ok(_) => None,
            Self::FunctionError(error) | Self::TimedOut(error) | Self::Exited(error) => Some(error),
        }
    }
}

/// What the Invoke API answers with when `x-amz-function-error` is set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FunctionError {
    /// `errorType` of the body.
    pub error_type: String,
    /// `errorMessage` of the body: what Cognito shows to the user.
    pub error_message: String,
    pub raw: Bytes,
}

impl FunctionError {
    /// An error with nothing but a type and a message.
    #[must_use]
    pub fn new(error_type: impl Into<String>, error_message: impl Into<String>) -> Self {
        let (error_type, error_message) = (error_type.into(), error_message.into());
        let body = serde_json::json!({ "errorType": error_type, "errorMessage": error_message });
        Self { raw: body.to_string().into(), error_type, error_message }
    }

    /// Reads the error that a runtime posted; what cannot be read is left empty.
    pub(super) fn from_posted(raw: Bytes) -> Self {
        let body: serde_json::Value = serde_json::from_slice(&raw).unwrap_or_default();
        let text = |key: &str| body.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        Self { error_type: text("errorType"), error_message: text("errorMessage"), raw }
    }

    /// The process of `request_id` ended by itself; `how` as in "exit status 1".
    pub(super) fn exited(request_id: &str, how: &str) -> Self {
        let message = format!("RequestId: {request_id} Error: Runtime exited with error: {how}");
        Self::new("Runtime.ExitError", message)
    }

    pub(super) fn timed_out(request_id: &str, seconds: f64) -> Self {
        let message = format!("RequestId: {request_id} Error: Task timed out after {seconds:.2} seconds");
        Self::new("Sandbox.Timedout", message)
    }
}
