//! What every trigger does before and after its own work: pool, source and event are read, the call ends in time, in an
//! answer or one text of the closed list, with one line.

use std::time::{Duration, SystemTime};

use function::{Call, Diagnostic, Function, in_time};
use serde_json::value::RawValue;
use tenancy::{Damage, PoolId, Sub, TenantId};

use crate::event::{Envelope, Event, Request, Subject, UnreadableEvent};
use crate::failure::Failure;
use crate::log_event::LogEvent;
use crate::outcome::{Handled, Outcome};
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

/// What is known of a call before its trigger acts.
#[derive(Debug, Default)]
pub struct Incoming {
    /// What fired, if it looks like a trigger source: an event could say anything.
    pub source: Option<String>,
    pub pool: Option<PoolId>,
    /// The user, if the trigger acts on the event.
    pub sub: Option<Sub>,
}

/// Reads what came, as far as a trigger that `acts_on` some sources needs it; or says how the call ends without the trigger.
pub fn read<'a>(
    text: &'a str,
    settings: &TriggerSettings,
    acts_on: fn(&str) -> bool,
) -> (Incoming, Result<Event<'a>, Handled>) {
    let mut incoming = Incoming::default();
    let event = open(text, settings, acts_on, &mut incoming);
    if let Ok(Event { request: Request { subject: Subject::User(user), .. }, .. }) = &event {
        incoming.sub = Some(user.sub.clone());
    }
    (incoming, event.map_err(Handled::from))
}

fn open<'a>(
    text: &'a str,
    settings: &TriggerSettings,
    acts_on: fn(&str) -> bool,
    incoming: &mut Incoming,
) -> Result<Event<'a>, Outcome> {
    let failed = |error: UnreadableEvent| Outcome::Failed(error.into());
    let envelope = Envelope::read(text).map_err(failed)?;
    incoming.source = Some(&envelope.trigger_source).filter(|source| is_plain_source(source)).cloned();
    incoming.pool.clone_from(&envelope.pool);
    if !settings.pools.admit(envelope.pool.as_ref()) {
        return Err(Outcome::Failed(Failure::PoolNotAllowed));
    }
    if !acts_on(&envelope.trigger_source) {
        return Err(Outcome::Passed);
    }
    envelope.open(&settings.tenant_attribute).map_err(failed)
}

/// Whether a text can be shown as a trigger source: an event could say anything.
#[must_use]
pub fn is_plain_source(source: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    (1..=64).contains(&source.len()) && source.bytes().all(is_plain)
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
        let (incoming, event) = read(call.event, trigger.settings(), T::acts_on);
        let mut handled = match event {
            Ok(event) => in_time(call.deadline, trigger.handle(call, &event))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_trigger_source_is_not_logged() {
        assert!(is_plain_source("PostConfirmation_ConfirmSignUp"));
        for source in ["", "ana@example.com", "a b", &"x".repeat(65)] {
            assert!(!is_plain_source(source), "{source}");
        }
    }
}
