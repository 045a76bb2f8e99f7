//! Log lines besides the line per call: few, structured, and without any event.

use std::process::ExitCode;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::InvalidSettings;
use crate::with_causes;

/// Turns logging on. `AWS_LAMBDA_LOG_FORMAT` `JSON` gives JSON lines, any other value text. `AWS_LAMBDA_LOG_LEVEL` is the
/// lowest level, `INFO` by default. Levels below `INFO` are never logged, and release builds do not contain them: at `TRACE`
/// the Lambda runtime would log whole events.
///
/// A panic is logged with its place only, because its message can quote data.
pub fn init(lookup: &dyn Fn(&str) -> Option<String>) {
    let (format, level) = (lookup("AWS_LAMBDA_LOG_FORMAT"), lookup("AWS_LAMBDA_LOG_LEVEL"));
    let level = match level {
        Some(level) if level.eq_ignore_ascii_case("FATAL") => LevelFilter::ERROR,
        Some(level) => level.parse().unwrap_or(LevelFilter::INFO),
        None => LevelFilter::INFO,
    };
    // The line per call reports failures of a handler and refused tokens. These lines would repeat them.
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::INFO))
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF)
        .with_target("tenant_token::verifier", LevelFilter::OFF);
    let is_json = format.is_some_and(|format| format.eq_ignore_ascii_case("json"));
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_target(false);
    let registry = tracing_subscriber::registry().with(targets);
    // In tests a subscriber may be set already. It stays.
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

/// Logs why the function cannot start, with every fault in one line.
#[must_use]
pub fn refuse_start(error: &InvalidSettings) -> ExitCode {
    tracing::error!(event = "config.invalid", faults = error.0.join("; "), "the function cannot start");
    ExitCode::FAILURE
}

/// The exit code after the loop has ended.
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
