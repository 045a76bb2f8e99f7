//! What every trigger does before and after its own work: pool, source and event are read, the call ends in time, in an
//! answer or one text of the closed list, with one line.

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

/// Longest time of a call. Cognito gives 5 s, and may call again while the first call still runs.
const BUDGET: Duration = Duration::from_millis(3_500);

/// A trigger: what one event leads to.
pub trait Trigger {
    fn settings(&self) -> &TriggerSettings;

    /// Whether it acts on events of this source. Every other event goes back untouched.
    fn acts_on(source: &str) -> bool;

    /// Handles an event. May be dropped at any await once the call's deadline has passed.
    fn handle(&self, call: &Call<'_>, event: &Event<'_>) -> impl Future<Output = Handled>;

    /// What the call has cost; asked once when it has ended, however it did.
    fn costs(&self) -> Costs;

    /// The log event of a failure that has none of its own.
    fn failure_event(&self) -> Option<LogEvent> {
        None
    }

    /// Whether failures are let through: `MODE=observe`.
    fn observes(&self) -> bool {
        false
    }
}

/// A trigger as a Lambda function.
pub struct TriggerFunction<T> {
    /// The function's name in the metrics: that of the Lambda function, so that two stacks in a Region do not share metrics.
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
                "the store gave no answer, and a tenant was served as last seen"
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

/// Logs a damaged item that was passed over.
pub fn log_damage(damage: &Damage, request_id: &str) {
    tracing::error!(
        event = LogEvent::DataIntegrity.name(),
        requestId = request_id,
        key = damage.key,
        problem = damage.problem,
        "a damaged item is passed over"
    );
}
