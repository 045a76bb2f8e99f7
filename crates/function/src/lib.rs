//! What every Lambda function of this workspace needs, with or without Cognito.
//!
//! | Module | What it does |
//! | --- | --- |
//! | [`mod@run`] | the loop: serves one call after the other, each with a deadline |
//! | [`metrics`] | the log line per call, in CloudWatch's embedded metric format |
//! | [`settings`] | reads environment variables and reports all faults at once |
//! | [`logging`] | all other log lines |
//! | [`json`] | looks values up in the text of an event |

pub mod json;
pub mod logging;
pub mod metrics;
pub mod run;
pub mod settings;

pub use lambda_runtime::Diagnostic;
pub use run::{Broken, Call, Function, in_time, run};
pub use settings::{InvalidSettings, Settings};

/// Of every function. It takes fewer instructions than the allocator of the C library (docs/decisions/0008-speed.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// An error and its causes, on one line.
#[must_use]
pub fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// `Function` of the metrics: the name of the Lambda function (`AWS_LAMBDA_FUNCTION_NAME`), so that two stacks in a Region do
/// not share metrics.
pub fn name(lookup: &dyn Fn(&str) -> Option<String>, default: &str) -> String {
    lookup("AWS_LAMBDA_FUNCTION_NAME").filter(|name| !name.is_empty()).unwrap_or_else(|| default.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_have_the_name_of_the_lambda_function() {
        let named = |value: Option<&str>| name(&|_| value.map(str::to_owned), "authorizer");

        assert_eq!(named(Some("tenancy-prod-authorizer")), "tenancy-prod-authorizer");
        assert_eq!([named(Some("")), named(None)], ["authorizer", "authorizer"]);
    }

    #[test]
    fn an_error_is_told_with_its_causes() {
        let cause = std::io::Error::other("connection reset");
        let error = lambda_runtime::Error::from(InvalidSettings(vec!["A is not set".to_owned()]));

        assert_eq!(with_causes(&cause), "connection reset");
        assert_eq!(with_causes(error.as_ref()), "the settings are not usable: A is not set");
        let nested = std::io::Error::other(Outer(cause));
        assert_eq!(with_causes(&nested), "could not read: connection reset");
    }

    #[derive(Debug, thiserror::Error)]
    #[error("could not read")]
    struct Outer(#[source] std::io::Error);
}
