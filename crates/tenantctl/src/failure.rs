//! What goes wrong: one sentence of what, one of what to do, and the exit code.

use std::fmt;
use std::process::ExitCode;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use serde_json::json;
use tenancy_aws::operator::{self, OperatorError};

use crate::advice::{of_meaning, refusal};
use crate::credentials::{Source, Unsigned};
use crate::page::plain;
use user_pool::aws_error::{AwsError, Meaning};

/// What a command says when it has ended without a failure.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Found {
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
pub(crate) struct Failure {
    kind: Kind,
    /// A stable name for scripts, such as `slug-taken`.
    code: &'static str,
    message: String,
    hint: Option<String>,
    /// What AWS meant, where it was AWS.
    meaning: Option<Meaning>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Failed,
    Usage,
    Refused,
}

impl Failure {
    /// It was tried and did not work: exit code 1.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { kind: Kind::Failed, code: "failed", message: message.into(), hint: None, meaning: None }
    }

    /// The command line cannot be followed: exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { kind: Kind::Usage, code: "usage", message: message.into(), hint: None, meaning: None }
    }

    /// A rule forbids it: exit code 3. `rule` is its stable name.
    pub(crate) fn refused(rule: &'static str, message: impl Into<String>) -> Self {
        Self { kind: Kind::Refused, code: rule, message: message.into(), hint: None, meaning: None }
    }

    /// There are no credentials, before anything was called.
    pub(crate) fn unsigned(why: &Unsigned) -> Self {
        let message = format!("there are no usable credentials: {why}");
        let failure = Self { meaning: Some(Meaning::NoCredentials), ..Self::failed(message) };
        failure.coded("aws").hint(why.advice(&Source::Elsewhere))
    }

    /// With a sentence of what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With a sentence of what to do, where AWS's error has no advice of its own.
    pub(crate) fn or_hint(self, hint: impl Into<String>) -> Self {
        if self.hint.is_some() { self } else { self.hint(hint) }
    }

    /// With one more sentence of what happened.
    pub(crate) fn and_say(mut self, more: &str) -> Self {
        self.message = format!("{}. {more}", self.message);
        self
    }

    /// With one more sentence of what to do.
    pub(crate) fn and_hint(mut self, more: &str) -> Self {
        self.hint = Some(self.hint.map_or_else(|| more.to_owned(), |hint| format!("{hint} {more}")));
        self
    }

    /// With the advice that takes the place of that of `meaning`; other sentences of what to do stay.
    pub(crate) fn advised(mut self, meaning: Meaning, advice: &str) -> Self {
        let general = of_meaning(meaning).unwrap_or_default();
        let rest = self.hint.as_deref().map_or("", |hint| hint.strip_prefix(general).unwrap_or(hint)).trim();
        self.hint = Some([advice, rest].join(" ").trim().to_owned());
        self
    }

    /// Under another stable name.
    pub(crate) fn coded(self, code: &'static str) -> Self {
        Self { code, ..self }
    }

    /// With what AWS meant, and the advice for that.
    pub(crate) fn meant(self, meaning: Meaning) -> Self {
        let hint = of_meaning(meaning).map(str::to_owned);
        Self { meaning: Some(meaning), hint, ..self }
    }

    /// With the permission that it takes, where AWS has denied it.
    pub(crate) fn needs(mut self, permission: &str) -> Self {
        if self.meaning == Some(Meaning::Denied) {
            self.hint = Some(format!("This needs {permission}. {}", self.hint.unwrap_or_default()));
        }
        self
    }

    /// What AWS meant, where it was AWS.
    pub(crate) fn meaning(&self) -> Option<Meaning> {
        self.meaning
    }

    /// What happened and what to do, in one line.
    pub(crate) fn with_hint(&self) -> String {
        self.hint.as_ref().map_or_else(|| self.message.clone(), |hint| format!("{}. {hint}", self.message))
    }

    /// Prints it on standard error.
    pub(crate) fn print(&self, as_json: bool) {
        if as_json {
            let error = json!({
                "code": self.code, "reason": self.meaning.map(Meaning::name), "message": self.message, "hint": self.hint,
            });
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
    pub(crate) fn code(&self) -> &'static str {
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
            OperatorError::Overtaken(_) => Self::failed(error.to_string()).coded("overtaken"),
            OperatorError::Crowded(_) => Self::failed(error.to_string())
                .coded("cell-full")
                .hint("Run the command again, or make a cell: `tenantctl cell create`."),
            OperatorError::Store(error) => error.into(),
        }
    }
}

impl From<tenancy::ports::StoreError> for Failure {
    fn from(error: tenancy::ports::StoreError) -> Self {
        use tenancy::ports::StoreError;
        match error {
            StoreError::Unavailable { operation, source } => {
                let Some(error) = AwsError::within(&*source) else {
                    return Self::failed(format!("could not {operation}: {source}")).coded("store");
                };
                let failure = of(operation, &error).coded("store");
                if operation == operator::APPLY && error.meaning().is_no_answer() {
                    failure.and_hint("The change may have been written: check before you retry.")
                } else {
                    failure
                        .or_hint("Check the table name (--table, TENANCY_TABLE) and the Region (--region).")
                }
            }
            StoreError::RedeemOff => Self::failed(error.to_string()).coded("store"),
            StoreError::Damaged(damage) => Self::failed(damage.to_string())
                .coded("damaged")
                .hint("docs/table.md describes the layout of the item."),
        }
    }
}

/// An error and its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source()).map(ToString::to_string);
    std::iter::once(error.to_string()).chain(causes).collect::<Vec<_>>().join(": ")
}

/// A call of AWS that failed.
pub(crate) fn aws<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata,
{
    of(operation, &AwsError::of(error))
}

/// A call of AWS that failed, with the advice that its meaning has.
pub(crate) fn of(operation: &str, error: &AwsError) -> Failure {
    let meaning = error.meaning();
    Failure {
        code: "aws",
        meaning: Some(meaning),
        hint: of_meaning(meaning).map(str::to_owned),
        ..Failure::failed(format!("could not {operation}: {error}"))
    }
}
