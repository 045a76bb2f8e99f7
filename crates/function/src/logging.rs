//! What the functions print besides the report: structured lines, few, and none of them with an event in it.

use std::process::ExitCode;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::InvalidSettings;
use crate::with_causes;

/// Turns logging on: JSON lines if `AWS_LAMBDA_LOG_FORMAT` is `JSON`, else text; from the level `AWS_LAMBDA_LOG_LEVEL` on, `INFO` by default. There is nothing below `INFO`, whatever `level` says, and release builds
/// do not even contain it: at `TRACE` the Lambda runtime would log whole events.
///
/// A panic is logged by its place alone: its message can quote data.
pub fn init(lookup: &dyn Fn(&str) -> Option<String>) {
    let (format, level) = (lookup("AWS_LAMBDA_LOG_FORMAT"), lookup("AWS_LAMBDA_LOG_LEVEL"));
    let level = match level {
        Some(level) if level.eq_ignore_ascii_case("FATAL") => LevelFilter::ERROR,
        Some(level) => level.parse().unwrap_or(LevelFilter::INFO),
        None => LevelFilter::INFO,
    };
    // What goes wrong in a handler stands in the report; the runtime's own line about it would be a second one.
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::INFO))
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF);
    let is_json = format.is_some_and(|format| format.eq_ignore_ascii_case("json"));
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_target(false);
    let registry = tracing_subscriber::registry().with(targets);
    // A subscriber that is there already (in a test) stays.
    let _ = if is_json {
        registry
            .with(lines.json().flatten_event(true).with_current_span(false).with_span_list(false))
            .try_init()
    } else {
        registry.with(lines).try_init()
    };
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!("panicked at {place}");
    }));
}

/// Ends a function that cannot start, every fault in one line.
#[must_use]
pub fn refuse_start(error: &InvalidSettings) -> ExitCode {
    tracing::error!(event = "config.invalid", faults = error.0.join("; "), "the function cannot start");
    ExitCode::FAILURE
}

/// The exit code of a function whose loop has ended.
#[must_use]
pub fn exit(ended: Result<(), lambda_runtime::Error>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("the Lambda runtime ended: {}", with_causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}
