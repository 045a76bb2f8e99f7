//! The loop: serves one call after the other, each with a deadline, until Lambda ends the process.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use lambda_runtime::tower::util::MapRequestLayer;
use lambda_runtime::{Diagnostic, LambdaEvent, LambdaInvocation, Runtime, service_fn};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};

/// Time that a call leaves of Lambda's own deadline, for sending the answer.
const MARGIN: Duration = Duration::from_millis(300);

pub trait Function {
    /// Answers one call by `call.deadline` (see [`in_time`]), and prints its log line.
    ///
    /// # Errors
    ///
    /// The error that the caller of the function gets.
    fn answer(&self, call: &Call<'_>) -> impl Future<Output = Result<Box<RawValue>, Diagnostic>>;

    /// Time limit of one call.
    fn broken(&self) -> Diagnostic;

    fn budget(&self) -> Duration;
}

#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The event, byte for byte. It may not be JSON.
    pub event: &'a str,
    /// Lambda's id of the request.
    pub request_id: &'a str,
    /// Whether this is the first call of the process.
    pub is_cold_start: bool,
    /// The start of the call, by the wall clock.
    pub now: SystemTime,
    /// The start of the call, by the monotonic clock.
    pub began: Instant,
    /// When the answer must be ready.
    pub deadline: Instant,
}

/// Why `work` has no result.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Broken {
    Panic,
    Timeout,
}

/// The result of `work`, if it is ready by `deadline`.
///
/// # Errors
///
/// [`Broken`] after a panic or the deadline. The future is dropped.
pub async fn in_time<T>(deadline: Instant, work: impl Future<Output = T>) -> Result<T, Broken> {
    match timeout_at(deadline, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(_panic)) => Err(Broken::Panic),
        Err(_elapsed) => Err(Broken::Timeout),
    }
}

/// Serves `function` until Lambda ends the process.
///
/// # Errors
///
/// An error of the Lambda runtime after which it cannot go on: the Runtime API is gone.
pub async fn run(function: &impl Function, clock: fn() -> SystemTime) -> Result<(), lambda_runtime::Error> {
    let is_first = &AtomicBool::new(true);
    let body = &Mutex::new(None);
    let handler = service_fn(move |event: LambdaEvent<Nothing>| async move {
        let taken = body.lock().unwrap_or_else(PoisonError::into_inner).take();
        let text = String::from_utf8(taken.unwrap_or_default()).unwrap_or_default();
        let (now, began) = (clock(), Instant::now());
        let call = Call {
            event: &text,
            request_id: &event.context.request_id,
            is_cold_start: is_first.swap(false, Ordering::Relaxed),
            now,
            began,
            deadline: began + time_left(function.budget(), event.context.deadline, now),
        };
        let answer = AssertUnwindSafe(function.answer(&call)).catch_unwind().await;
        answer.unwrap_or_else(|_panic| Err(function.broken()))
    });
    // The runtime would scan and copy the body. If the body is not JSON, it would show the user its parser's error.
    let keep_body = |mut invocation: LambdaInvocation| {
        let taken = std::mem::replace(&mut invocation.body, "null".into());
        *body.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::from(taken));
        invocation
    };
    Runtime::new(handler).layer(MapRequestLayer::new(keep_body)).run().await
}

/// The runtime parses the body as this, and ignores it.
struct Nothing;

impl<'de> Deserialize<'de> for Nothing {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// Time limit of a call. `deadline_ms` is Lambda's deadline in milliseconds since the epoch. A deadline before the call
/// began means that the clocks differ; the full budget applies.
fn time_left(budget: Duration, deadline_ms: u64, now: SystemTime) -> Duration {
    let deadline = SystemTime::UNIX_EPOCH + Duration::from_millis(deadline_ms);
    deadline.duration_since(now).map_or(budget, |left| left.saturating_sub(MARGIN).min(budget))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_the_work_and_says_nothing() {
        let broken = in_time(Instant::now() + Duration::from_secs(1), async { panic!("ana@example.com") });

        assert_eq!(broken.await, Err::<(), _>(Broken::Panic));
    }

    #[tokio::test]
    async fn what_takes_too_long_ends_in_time() {
        let broken = in_time(Instant::now() + Duration::from_millis(20), std::future::pending::<()>());

        assert_eq!(broken.await, Err(Broken::Timeout));
    }

    #[test]
    fn the_time_is_the_budget_or_what_lambda_leaves() {
        let budget = Duration::from_millis(3_500);
        let noon = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
        let rows = [
            ("no deadline", 0, 3_500),
            ("a deadline of another clock", 1_799_999_999_000, 3_500),
            ("plenty", 1_800_000_060_000, 3_500),
            ("five seconds", 1_800_000_005_000, 3_500),
            ("two seconds", 1_800_000_002_000, 1_700),
            ("less than the margin", 1_800_000_000_200, 0),
        ];

        for (row, deadline_ms, expected) in rows {
            assert_eq!(time_left(budget, deadline_ms, noon), Duration::from_millis(expected), "{row}");
        }
    }
}
