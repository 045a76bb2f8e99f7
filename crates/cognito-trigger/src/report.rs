//! The log line of a call. `docs/log-fields.md` describes every field.

use std::time::SystemTime;

use function::Call;
use function::metrics::{Amount, Costs, Record};
use tenancy::join::JoinOutcome;
use tenancy::{PoolId, Sub, TenantId};

use crate::incoming::Incoming;
use crate::log_event::LogEvent;
use crate::outcome::{Handled, Told};

/// Everything about a finished call that its log line needs.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// `Function` of the metrics.
    pub function: &'a str,
    pub call: &'a Call<'a>,
    pub incoming: &'a Incoming,
    pub handled: &'a Handled,
    pub costs: Costs,
}

impl<'a> Ended<'a> {
    /// Prints the line. `failure_event` is the log event of failures without their own.
    pub(crate) fn print(self, failure_event: Option<LogEvent>, at: SystemTime) {
        let told = self.handled.outcome.told();
        let event = told.event.or(self.handled.outcome.failure().and(failure_event));
        let metrics = self.metrics();
        // `ClaimBytes` is the last metric, and is left out when no token contents were made.
        let count = metrics.len().saturating_sub(usize::from(self.handled.claim_bytes.is_none()));
        let record = Record {
            at,
            function: self.function,
            outcome: told.outcome,
            metrics: metrics.get(..count).unwrap_or_default(),
            properties: &self.properties(&told, event),
        };
        record.print();
    }

    /// The properties, in the order of the line.
    #[must_use]
    pub fn properties<'t>(
        &self,
        told: &'t Told,
        event: Option<LogEvent>,
    ) -> [(&'static str, Option<&'t str>); 8]
    where
        'a: 't,
    {
        let Self { call, incoming, handled, .. } = *self;
        [
            ("requestId", Some(call.request_id)),
            ("event", event.map(LogEvent::name)),
            ("reason", told.reason),
            ("cause", told.cause.as_deref()),
            ("triggerSource", incoming.source.as_deref()),
            ("userPoolId", incoming.pool.as_ref().map(PoolId::as_str)),
            ("sub", incoming.sub.as_ref().map(Sub::as_str)),
            ("tenantId", handled.tenant.as_ref().map(TenantId::as_str)),
        ]
    }

    /// All metrics, in the order of the line.
    #[must_use]
    pub fn metrics(&self) -> [(&'static str, Amount); 13] {
        let Self { call, handled, costs, .. } = *self;
        let count = |is: bool| Amount::Count(u64::from(is));
        let join = handled.notes.join_outcome();
        let [store_time, store_calls, cache_hits, cache_misses, stale_served] = costs.metrics();
        [
            ("Invocations", Amount::Count(1)),
            ("DurationMs", Amount::Milliseconds(call.began.elapsed())),
            store_time,
            store_calls,
            cache_hits,
            cache_misses,
            stale_served,
            ("Redeemed", count(matches!(join, Some(JoinOutcome::Joined(_))))),
            ("AlreadyRedeemed", count(matches!(join, Some(JoinOutcome::Already)))),
            ("StampDeferred", count(handled.is_stamp_deferred)),
            ("Denied", count(handled.outcome.failure().is_some())),
            ("ColdStart", count(call.is_cold_start)),
            ("ClaimBytes", Amount::Bytes(handled.claim_bytes.unwrap_or_default() as u64)),
        ]
    }
}
