//! The loop: one call after the other, each with a deadline, until Lambda ends the process.

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

/// What is left of Lambda's own deadline for sending the answer.
const MARGIN: Duration = Duration::from_millis(300);

/// One Lambda function.
pub trait Function {
    /// Answers one call, by `call.deadline` (see [`in_time`]), and prints its line.
    ///
    /// # Errors
    ///
    /// What the caller of the function is told.
    fn answer(&self, call: &Call<'_>) -> impl Future<Output = Result<Box<RawValue>, Diagnostic>>;

    /// Longest time of one call.
    fn budget(&self) -> Duration;
}

/// One call.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The event as it came; not known to be JSON.
    pub event: &'a str,
    /// Lambda's id of the request.
    pub request_id: &'a str,
    /// Whether it is the first of its process.
    pub is_cold_start: bool,
    /// When it was handed over, by the wall clock.
    pub now: SystemTime,
    /// The same, by the clock that only runs forward.
    pub began: Instant,
    /// When the answer must be there.
    pub deadline: Instant,
}

/// Why work has no result.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Broken {
    Panic,
    Timeout,
}

/// The result of `work`, if there is one by `deadline`.
///
/// # Errors
///
/// [`Broken`]. What was awaited is dropped.
pub async fn in_time<T>(deadline: Instant, work: impl Future<Output = T>) -> Result<T, Broken> {
    match timeout_at(deadline, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(_panic)) => Err(Broken::Panic),
        Err(_elapsed) => Err(Broken::Timeout),
    }
}

/// Serves `function` until Lambda ends the process. `clock` tells the time.
///
/// # Errors
///
/// What the Lambda runtime cannot recover from: the Runtime API is gone.
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
        function.answer(&call).await
    });
    // The runtime would scan and copy the body, and tell the user what its parser found in one that is not JSON.
    let keep_body = |mut invocation: LambdaInvocation| {
        let taken = std::mem::replace(&mut invocation.body, "null".into());
        *body.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::from(taken));
        invocation
    };
    Runtime::new(handler).layer(MapRequestLayer::new(keep_body)).run().await
}

/// What the runtime reads in place of the body.
struct Nothing;

impl<'de> Deserialize<'de> for Nothing {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// How long a call may take. `deadline_ms` is Lambda's, in milliseconds since the epoch; one that has passed before the call
/// began says that the clocks differ, not that there is no time.
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
