//! The steps around a trigger's own work: check pool and source, read the event, end the call in time, and print its log
//! line. Every call ends in an answer or one text of the closed list.

use std::time::{Duration, SystemTime};

use function::metrics::Costs;
use function::{Call, Diagnostic, Function, in_time};
use serde_json::value::RawValue;
use tenancy::{Damage, TenantId};

use crate::event::Event;
use crate::failure::Failure;
use crate::incoming::Incoming;
use crate::log_event::LogEvent;
use crate::outcome::{Handled, Outcome};
use crate::public_error::PublicError;
use crate::report::Ended;
use crate::settings::TriggerSettings;

/// Time limit of a call. Cognito waits 5 s, and may call again while the first call still runs.
const BUDGET: Duration = Duration::from_millis(3_500);

/// A Cognito trigger. Its type is built from its settings and its ports, so that the function and `tenantctl replay` run the
/// same code on different stores.
pub trait Trigger {
    fn settings(&self) -> &TriggerSettings;

    /// Whether the trigger acts on events of this source. All other events go back unchanged.
    fn acts_on(&self, source: &str) -> bool;

    /// Handles an event. The future may be dropped at any await after the call's deadline.
    fn handle(&self, call: &Call<'_>, event: &Event<'_>) -> impl Future<Output = Handled>;

    /// The log event of failures without their own.
    fn failure_event(&self) -> Option<LogEvent> {
        None
    }

    /// The answer to an event whose call failed, if failures are let through (`MODE=observe`). The event may be any text.
    fn observed(&self, _event: &str) -> Option<Box<RawValue>> {
        None
    }
}

/// Runs a trigger on one call: reads the event, acts in time, and applies `MODE=observe`. A panic ends the call, not the
/// process.
pub async fn conclude(trigger: &impl Trigger, call: &Call<'_>) -> (Incoming, Handled) {
    let mut incoming = Incoming::default();
    let work = async {
        match incoming.read(call.event, trigger.settings(), |source| trigger.acts_on(source)) {
            Ok(event) => trigger.handle(call, &event).await,
            Err(outcome) => outcome.into(),
        }
    };
    // On the heap: the futures of a whole call are large, and nested deeper than the compiler looks.
    let handled = in_time(call.deadline, Box::pin(work)).await;
    let mut handled = handled.unwrap_or_else(|broken| Failure::Broken(broken).into());
    handled.outcome = match handled.outcome {
        Outcome::Failed(failure) => match trigger.observed(call.event) {
            Some(answer) => Outcome::Observed(failure, answer),
            None => Outcome::Failed(failure),
        },
        other => other,
    };
    (incoming, handled)
}

/// A trigger as a Lambda function.
pub struct TriggerFunction<T, C> {
    /// `Function` of the metrics: the name of the Lambda function, so that two stacks in a Region do not share metrics.
    pub name: String,
    pub trigger: T,
    pub clock: fn() -> SystemTime,
    /// The figures since they were last taken. Called once, after every call.
    pub costs: C,
}

impl<T: Trigger, C: Fn() -> Costs> Function for TriggerFunction<T, C> {
    async fn answer(&self, call: &Call<'_>) -> Result<Box<RawValue>, Diagnostic> {
        let (incoming, handled) = conclude(&self.trigger, call).await;
        let costs = (self.costs)();
        costs.warn_if_stale(call.request_id, handled.tenant.as_ref().map(TenantId::as_str));
        let ended = Ended { function: &self.name, call, incoming: &incoming, handled: &handled, costs };
        ended.print(self.trigger.failure_event(), (self.clock)());
        Ok(handled.outcome.into_answer(call.event)?)
    }

    fn broken(&self) -> Diagnostic {
        PublicError::Unavailable.into()
    }

    fn budget(&self) -> Duration {
        BUDGET
    }
}

/// Logs a damaged item that was skipped. An alarm of infra/template.yaml matches the message.
pub fn log_damage(damage: &Damage, request_id: &str) {
    tracing::error!(
        event = LogEvent::DataIntegrity.name(),
        requestId = request_id,
        key = damage.key,
        problem = damage.problem,
        "a damaged item is passed over"
    );
}

#[cfg(test)]
mod tests {
    use function::Settings;
    use tokio::time::Instant;

    use super::*;

    /// A trigger that goes wrong in ways that no trigger should.
    struct Wrong(TriggerSettings);

    impl Trigger for Wrong {
        fn settings(&self) -> &TriggerSettings {
            &self.0
        }

        fn acts_on(&self, source: &str) -> bool {
            assert!(source != "panics", "ana@example.com");
            true
        }

        async fn handle(&self, _: &Call<'_>, event: &Event<'_>) -> Handled {
            match event.trigger_source.as_str() {
                "hangs" => std::future::pending().await,
                "panics later" => panic!("ana@example.com"),
                _ => Outcome::Passed.into(),
            }
        }
    }

    async fn answer(source: &str) -> Result<Box<RawValue>, Diagnostic> {
        let settings = TriggerSettings::read(&mut Settings::new(&|_| None));
        let function = TriggerFunction {
            name: "test".to_owned(),
            trigger: Wrong(settings),
            clock: || SystemTime::UNIX_EPOCH,
            costs: Costs::default,
        };
        let event = format!(r#"{{"triggerSource":"{source}","userPoolId":"eu-west-1_AbCdEf123"}}"#);
        let (now, began) = (SystemTime::UNIX_EPOCH, Instant::now());
        let deadline = began + Duration::from_millis(100);
        let call = Call { event: &event, request_id: "r", is_cold_start: false, now, began, deadline };
        function.answer(&call).await
    }

    #[tokio::test]
    async fn a_call_that_panics_or_hangs_is_told_unavailable_and_the_next_one_is_served() {
        for source in ["panics", "panics later", "hangs"] {
            let told = answer(source).await.unwrap_err();
            assert_eq!(told.error_type, "UNAVAILABLE", "{source}");
            assert!(!told.error_message.contains("ana@"), "{source}");
            assert!(answer("other").await.is_ok(), "after {source}");
        }
    }
}
