//! The loop around a trigger: every invocation ends in time, in an answer or one text of the closed list, with one line;
//! and the process serves the next one.

use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use lambda_runtime::tower::util::MapRequestLayer;
use lambda_runtime::{LambdaEvent, LambdaInvocation, Runtime, service_fn};
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};

use crate::failure::{PublicError, TriggerFailure};
use crate::report::{Invocation, Report};

/// Longest time of an invocation. Cognito gives 5 s, and may call again while the first call still runs.
const BUDGET: Duration = Duration::from_millis(3_500);

/// What is left of Lambda's own deadline for sending the answer.
const MARGIN: Duration = Duration::from_millis(300);

/// A trigger: what one event leads to.
pub trait Trigger {
    /// Handles an event, and notes in `report` what it did. May be dropped at any await once the call's deadline has
    /// passed.
    ///
    /// # Errors
    ///
    /// [`TriggerFailure`]: what the user is told and why.
    fn handle(
        &self,
        call: &Call<'_>,
        report: &mut Report,
    ) -> impl Future<Output = Result<Answer, TriggerFailure>>;

    /// Notes in `report` what the call has cost; called once when it has ended, however it did.
    fn settle(&self, call: &Call<'_>, report: &mut Report);

    /// The log event of an error that has none of its own.
    fn denial_event(&self) -> Option<&'static str> {
        None
    }

    /// Whether a user's refusal, which has been reported, is to be sent as an untouched event.
    fn admits_refused(&self) -> bool {
        false
    }
}

/// One invocation.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The event as it came.
    pub event: &'a RawValue,
    /// Lambda's id of the request.
    pub request_id: &'a str,
    /// When it was handed over.
    pub now: SystemTime,
    /// When the answer must be there.
    pub deadline: Instant,
}

/// What goes back to Cognito.
#[derive(Debug)]
pub enum Answer {
    /// The event as it came.
    Untouched,
    /// The event with another `response`.
    Event(Box<RawValue>),
}

/// Serves `trigger` until Lambda ends the process. `function` is its name in the metrics: that of the Lambda
/// function, so that two stacks in a Region do not share metrics. `clock` tells the time.
///
/// # Errors
///
/// What the Lambda runtime cannot recover from: the Runtime API is gone.
pub async fn serve(
    function: &str,
    trigger: &impl Trigger,
    clock: fn() -> SystemTime,
) -> Result<(), lambda_runtime::Error> {
    let is_first = &AtomicBool::new(true);
    let handler = service_fn(move |event: LambdaEvent<Box<RawValue>>| async move {
        let is_cold_start = is_first.swap(false, Ordering::Relaxed);
        answer(function, trigger, clock, is_cold_start, event).await
    });
    Runtime::new(handler).layer(MapRequestLayer::new(well_formed)).run().await
}

/// Handles one event: in time, panics caught, reported.
async fn answer(
    function: &str,
    trigger: &impl Trigger,
    clock: fn() -> SystemTime,
    is_cold_start: bool,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Box<RawValue>, TriggerFailure> {
    let (begin, now) = (Instant::now(), clock());
    let LambdaEvent { payload, context } = event;
    let mut report = Report::default();
    let call = Call {
        event: &payload,
        request_id: &context.request_id,
        now,
        deadline: begin + budget(context.deadline, now),
    };
    let handled = AssertUnwindSafe(trigger.handle(&call, &mut report)).catch_unwind();
    let mut result = match timeout_at(call.deadline, handled).await {
        Ok(Ok(result)) => result,
        Ok(Err(_panic)) => Err(ended("panic")),
        Err(_elapsed) => Err(ended("timeout")),
    };
    trigger.settle(&call, &mut report);
    if let Err(failure) = &result {
        report.note_failure(failure, trigger.denial_event());
        // What is no event cannot go back as one.
        if trigger.admits_refused() && payload.get().starts_with('{') {
            report.outcome = "observed";
            result = Ok(Answer::Untouched);
        }
    }
    let invocation = Invocation {
        function,
        request_id: call.request_id,
        is_cold_start,
        duration: begin.elapsed(),
        at: clock(),
    };
    print(&report.line(&invocation));
    Ok(match result? {
        Answer::Untouched => payload,
        Answer::Event(event) => event,
    })
}

/// A body that is not JSON becomes `null`, which every trigger refuses: the runtime's own error would tell the user what
/// a parser found.
fn well_formed(mut invocation: LambdaInvocation) -> LambdaInvocation {
    if serde_json::from_slice::<&RawValue>(&invocation.body).is_err() {
        invocation.body = "null".into();
    }
    invocation
}

/// How long an invocation may take. `deadline_ms` is Lambda's, in milliseconds since the epoch; one that has passed
/// before the call began says that the clocks differ, not that there is no time.
fn budget(deadline_ms: u64, now: SystemTime) -> Duration {
    let deadline = SystemTime::UNIX_EPOCH + Duration::from_millis(deadline_ms);
    deadline.duration_since(now).map_or(BUDGET, |left| left.saturating_sub(MARGIN).min(BUDGET))
}

fn ended(reason: &'static str) -> TriggerFailure {
    TriggerFailure { public: PublicError::Unavailable, reason, cause: String::new() }
}

/// Standard output is where Lambda looks for metrics. A line that cannot be printed is lost, and nothing else.
fn print(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A trigger that goes wrong in ways that no trigger should.
    enum Wrong {
        Panics,
        Hangs,
    }

    impl Trigger for Wrong {
        async fn handle(&self, call: &Call<'_>, _: &mut Report) -> Result<Answer, TriggerFailure> {
            match self {
                Self::Panics if call.event.get().contains("ana@example.com") => {
                    panic!("{}", call.event.get())
                }
                Self::Panics => Ok(Answer::Untouched),
                Self::Hangs => std::future::pending().await,
            }
        }

        fn settle(&self, _: &Call<'_>, _: &mut Report) {}
    }

    fn event(text: &str, deadline_ms: u64) -> LambdaEvent<Box<RawValue>> {
        let mut context = lambda_runtime::Context::default();
        context.deadline = deadline_ms;
        LambdaEvent::new(RawValue::from_string(text.to_owned()).unwrap(), context)
    }

    fn noon() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_hours(500_000)
    }

    async fn run(
        trigger: &Wrong,
        event: LambdaEvent<Box<RawValue>>,
    ) -> Result<Box<RawValue>, TriggerFailure> {
        answer("test", trigger, noon, false, event).await
    }

    #[tokio::test]
    async fn a_panic_ends_one_call_and_says_nothing() {
        let failure = run(&Wrong::Panics, event(r#"{"email":"ana@example.com"}"#, 0)).await.unwrap_err();

        assert_eq!(format!("{failure:?}"), "UNAVAILABLE: panic");
        let next = run(&Wrong::Panics, event("{}", 0)).await.unwrap();
        assert_eq!(next.get(), "{}");
    }

    #[tokio::test]
    async fn what_takes_too_long_ends_in_time() {
        let in_400_ms = 1_800_000_000_000 + 400;

        let failure = run(&Wrong::Hangs, event("{}", in_400_ms)).await.unwrap_err();

        assert_eq!(format!("{failure:?}"), "UNAVAILABLE: timeout");
    }

    #[test]
    fn the_budget_is_three_and_a_half_seconds_or_what_lambda_leaves() {
        let rows = [
            ("no deadline", 0, 3_500),
            ("a deadline of another clock", 1_799_999_999_000, 3_500),
            ("plenty", 1_800_000_060_000, 3_500),
            ("five seconds", 1_800_000_005_000, 3_500),
            ("two seconds", 1_800_000_002_000, 1_700),
            ("less than the margin", 1_800_000_000_200, 0),
        ];

        for (row, deadline_ms, expected) in rows {
            assert_eq!(budget(deadline_ms, noon()), Duration::from_millis(expected), "{row}");
        }
    }
}
