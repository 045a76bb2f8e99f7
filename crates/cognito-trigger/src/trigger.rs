//! The steps around a trigger's own work: check pool and source, read the event, end the call in time, and print its log
//! line. Every call ends in an answer or one text of the closed list.

use std::time::{Duration, SystemTime};

use function::{Call, Diagnostic, Function, in_time};
use serde_json::value::RawValue;
use tenancy::{Damage, TenantId};

use crate::event::Event;
use crate::failure::Failure;
use crate::incoming;
use crate::log_event::LogEvent;
use crate::outcome::Handled;
use crate::report::{Costs, Ended};
use crate::settings::TriggerSettings;

/// Time limit of a call. Cognito waits 5 s, and may call again while the first call still runs.
const BUDGET: Duration = Duration::from_millis(3_500);

pub trait Trigger {
    fn settings(&self) -> &TriggerSettings;

    /// Whether the trigger acts on events of this source. All other events go back unchanged.
    fn acts_on(source: &str) -> bool;

    /// Handles an event. The future may be dropped at any await after the call's deadline.
    fn handle(&self, call: &Call<'_>, event: &Event<'_>) -> impl Future<Output = Handled>;

    /// The figures of the call. Called once, after every call.
    fn costs(&self) -> Costs;

    /// The log event of failures without their own.
    fn failure_event(&self) -> Option<LogEvent> {
        None
    }

    /// Whether failures are let through (`MODE=observe`).
    fn observes(&self) -> bool {
        false
    }
}

/// A trigger as a Lambda function.
pub struct TriggerFunction<T> {
    /// `Function` of the metrics: the name of the Lambda function, so that two stacks in a Region do not share metrics.
    pub name: String,
    pub trigger: T,
    pub clock: fn() -> SystemTime,
}

impl<T: Trigger> Function for TriggerFunction<T> {
    async fn answer(&self, call: &Call<'_>) -> Result<Box<RawValue>, Diagnostic> {
        let trigger = &self.trigger;
        let (incoming, event) = incoming::read(call.event, trigger.settings(), T::acts_on);
        let mut handled = match event {
            // On the heap: the futures of a whole call are large, and nested deeper than the compiler looks.
            Ok(event) => in_time(call.deadline, Box::pin(trigger.handle(call, &event)))
                .await
                .unwrap_or_else(|broken| Failure::Broken(broken).into()),
            Err(handled) => handled,
        };
        if trigger.observes() {
            handled.outcome = handled.outcome.observed();
        }
        let costs = trigger.costs();
        if costs.stale_served > 0 {
            tracing::warn!(
                event = LogEvent::CacheStale.name(),
                requestId = call.request_id,
                tenantId = handled.tenant.as_ref().map(TenantId::as_str),
                "could not read the tenant from the table; its cached record was used"
            );
        }
        let ended = Ended { function: &self.name, call, incoming: &incoming, handled: &handled, costs };
        ended.print(trigger.failure_event(), (self.clock)());
        Ok(handled.outcome.into_answer(call.event)?)
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
