//! What goes wrong: one sentence of what, one of what to do, and the exit code.

use std::fmt;
use std::process::ExitCode;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use serde_json::json;
use tenancy_aws::operator::OperatorError;

use crate::advice::refusal;
use crate::page::plain;

/// What a command says when it has ended without a failure.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Found {
    /// Done, and nothing is wrong.
    #[default]
    Nothing,
    /// Done, and there are problems: exit code 4.
    Problems,
    /// Ctrl-c ended it after a part: exit code 130, which is 128 and the number of the signal, as shells have it.
    Interrupted,
}

impl From<Found> for ExitCode {
    fn from(found: Found) -> Self {
        match found {
            Found::Nothing => Self::SUCCESS,
            Found::Problems => Self::from(4),
            Found::Interrupted => Self::from(130),
        }
    }
}

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    /// A stable name for scripts, such as `slug-taken`.
    code: &'static str,
    message: String,
    hint: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Failed,
    Usage,
    Refused,
}

impl Failure {
    /// It was tried and did not work: exit code 1.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self { kind: Kind::Failed, code: "failed", message: message.into(), hint: None }
    }

    /// The command line cannot be followed: exit code 2.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self { kind: Kind::Usage, code: "usage", message: message.into(), hint: None }
    }

    /// A rule forbids it: exit code 3. `rule` is its stable name.
    #[must_use]
    pub fn refused(rule: &'static str, message: impl Into<String>) -> Self {
        Self { kind: Kind::Refused, code: rule, message: message.into(), hint: None }
    }

    /// With a sentence of what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Prints it on standard error.
    pub(crate) fn print(&self, as_json: bool) {
        if as_json {
            let error = json!({ "code": self.code, "message": self.message, "hint": self.hint });
            anstream::eprintln!("{}", plain(&json!({ "error": error }).to_string()));
            return;
        }
        let red = anstyle::AnsiColor::Red.on_default().bold();
        anstream::eprintln!("{red}error{red:#}: {}", plain(&self.message));
        if let Some(hint) = &self.hint {
            anstream::eprintln!("       {}", plain(hint));
        }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Failed => 1,
            Kind::Usage => 2,
            Kind::Refused => 3,
        }
    }

    /// The stable name, such as `slug-taken`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<OperatorError> for Failure {
    fn from(error: OperatorError) -> Self {
        match error {
            OperatorError::Refused(rule) => Self::refused(rule.name(), refusal(&rule)),
            OperatorError::Overtaken(_) => Self { code: "overtaken", ..Self::failed(error.to_string()) },
            OperatorError::Store(error) => error.into(),
        }
    }
}

impl From<tenancy::ports::StoreError> for Failure {
    fn from(error: tenancy::ports::StoreError) -> Self {
        use tenancy::ports::StoreError;
        match error {
            StoreError::Unavailable { operation, source } => {
                let failure =
                    Self { code: "store", ..Self::failed(format!("could not {operation}: {source}")) };
                match hint_for(operation, &source.to_string()) {
                    Some(hint) => failure.hint(hint),
                    None => failure,
                }
            }
            StoreError::Damaged(damage) => Self { code: "damaged", ..Self::failed(damage.to_string()) }
                .hint("docs/table.md says what the item must look like."),
        }
    }
}

/// What to do about what DynamoDB said.
fn hint_for(operation: &str, said: &str) -> Option<&'static str> {
    let of = |codes: &[&str]| codes.iter().any(|code| said.contains(code));
    Some(if of(&["ResourceNotFoundException"]) {
        "There is no such table here. --table, --region, --profile and --local say where; `tenantctl table create` makes it."
    } else if of(&[
        "AccessDenied",
        "UnrecognizedClient",
        "ExpiredToken",
        "InvalidSignature",
        "MissingAuthentication",
    ]) {
        "These credentials may not do that on this table; --profile takes others."
    } else if of(&["credentials"]) {
        "Sign in (aws sso login), give --profile NAME, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
    } else if of(&["ValidationException", "could not be built"]) {
        "Is the table's name right (--table, TENANCY_TABLE), and the region's (--region)?"
    } else if of(&["connect", "UnknownOperation"]) {
        "Is the network up, and the endpoint right (--endpoint-url, AWS_ENDPOINT_URL_DYNAMODB)?"
    } else if operation == "write as an operator" {
        "It may have been written all the same: look before you repeat it."
    } else {
        return None;
    })
}

/// An error and its causes, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source()).map(ToString::to_string);
    std::iter::once(error.to_string()).chain(causes).collect::<Vec<_>>().join(": ")
}

/// An AWS SDK error: what the service said, or what happened instead.
pub fn aws<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let failure =
        Failure { code: "aws", ..Failure::failed(format!("could not {operation}: {}", said(error))) };
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        None if error.raw_response().is_none() => failure.hint(
            "Are there credentials and a network, and is the endpoint right (--profile, --endpoint-url)?",
        ),
        Some("AccessDeniedException" | "AccessDenied") => {
            failure.hint("These credentials may not do that; --profile takes others.")
        }
        _ => failure,
    }
}

/// What it all began with.
fn root(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |cause| cause.source())
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// What went wrong, in a line. Never the body of an answer: descriptions of app clients have their secrets in them.
pub fn said<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let meta = error.as_service_error().map(ProvideErrorMetadata::meta);
    let status = error.raw_response().map(|response| response.status().as_u16());
    match (meta.and_then(|meta| meta.code()), meta.and_then(|meta| meta.message()), status) {
        (Some(code), Some(message), _) => format!("{} ({code})", message.trim_end_matches('.')),
        (Some(code), None, _) => code.to_owned(),
        (None, _, Some(status)) => {
            format!("the server answered with status {status}, and nothing that can be read")
        }
        (None, _, None) if chain(error).contains("credentials") => {
            format!("there are no usable credentials: {}", root(error))
        }
        (None, _, None) => chain(error),
    }
}
