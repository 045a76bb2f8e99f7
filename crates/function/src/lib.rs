//! What every Lambda function of this workspace needs, whether Cognito calls it or not.
//!
//! | Module | What it does |
//! | --- | --- |
//! | [`mod@run`] | the loop: one call after the other, each with a deadline, each ending in an answer or an error |
//! | [`metrics`] | the one line per call, in CloudWatch's embedded metric format |
//! | [`settings`] | environment variables, every fault named at once |
//! | [`logging`] | what is printed besides that line |

pub mod logging;
pub mod metrics;
pub mod run;
pub mod settings;

pub use lambda_runtime::Diagnostic;
pub use run::{Broken, Call, Function, in_time, run};
pub use settings::{InvalidSettings, Settings};

/// An error and what caused it, on one line.
#[must_use]
pub fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The function's name in the metrics: that of the Lambda function (`AWS_LAMBDA_FUNCTION_NAME`), so that two stacks in a
/// Region do not share metrics.
pub fn name(lookup: &dyn Fn(&str) -> Option<String>, default: &str) -> String {
    lookup("AWS_LAMBDA_FUNCTION_NAME").filter(|name| !name.is_empty()).unwrap_or_else(|| default.to_owned())
}
