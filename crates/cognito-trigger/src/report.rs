//! The one line per call. `docs/log-fields.md` describes every field.

use std::time::{Duration, SystemTime};

use function::Call;
use function::metrics::{Amount, Record};
use tenancy::join::JoinOutcome;
use tenancy::{PoolId, Sub, TenantId};

use crate::incoming::Incoming;
use crate::log_event::LogEvent;
use crate::outcome::Handled;

/// What a call cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Costs {
    /// Calls of the store.
    pub store_calls: u64,
    /// Their durations, summed.
    pub store_time: Duration,
    /// Tenants and bindings taken from the cache.
    pub cache_hits: u64,
    /// Those that were not there.
    pub cache_misses: u64,
    /// Tenants served past their time because the store failed.
    pub stale_served: u64,
}

/// A call that has ended.
pub(crate) struct Ended<'a> {
    pub(crate) function: &'a str,
    pub(crate) call: &'a Call<'a>,
    pub(crate) incoming: &'a Incoming,
    pub(crate) handled: &'a Handled,
    pub(crate) costs: Costs,
}

impl Ended<'_> {
    /// Prints the line. `failure_event` is the log event of a failure that has none of its own.
    pub(crate) fn print(&self, failure_event: Option<LogEvent>, at: SystemTime) {
        let Self { function, call, incoming, handled, costs } = *self;
        let told = handled.outcome.told();
        let event = told.event.or(handled.outcome.failure().and(failure_event));
        let properties = [
            ("requestId", Some(call.request_id)),
            ("event", event.map(LogEvent::name)),
            ("reason", told.reason),
            ("cause", told.cause.as_deref()),
            ("triggerSource", incoming.source.as_deref()),
            ("userPoolId", incoming.pool.as_ref().map(PoolId::as_str)),
            ("sub", incoming.sub.as_ref().map(Sub::as_str)),
            ("tenantId", handled.tenant.as_ref().map(TenantId::as_str)),
        ];
        let metrics = metrics(handled, costs, call.began.elapsed(), call.is_cold_start);
        // The last metric is that of a token's size, which there is only where contents were made.
        let count =
            if handled.claim_bytes.is_some() { metrics.len() } else { metrics.len().saturating_sub(1) };
        let metrics = metrics.get(..count).unwrap_or_default();
        Record { at, function, outcome: told.outcome, metrics, properties: &properties }.print();
    }
}

/// All metrics of a line, in its order.
#[must_use]
pub fn metrics(
    handled: &Handled,
    costs: Costs,
    duration: Duration,
    is_cold_start: bool,
) -> [(&'static str, Amount); 13] {
    let count = |is: bool| Amount::Count(u64::from(is));
    let join = handled.notes.join_outcome();
    [
        ("Invocations", Amount::Count(1)),
        ("DurationMs", Amount::Milliseconds(duration)),
        ("StoreMs", Amount::Milliseconds(costs.store_time)),
        ("StoreCalls", Amount::Count(costs.store_calls)),
        ("CacheHit", Amount::Count(costs.cache_hits)),
        ("CacheMiss", Amount::Count(costs.cache_misses)),
        ("StaleServed", Amount::Count(costs.stale_served)),
        ("Redeemed", count(matches!(join, Some(JoinOutcome::Joined(_))))),
        ("AlreadyRedeemed", count(matches!(join, Some(JoinOutcome::Already)))),
        ("StampDeferred", count(handled.is_stamp_deferred)),
        ("Denied", count(handled.outcome.failure().is_some())),
        ("ColdStart", count(is_cold_start)),
        ("ClaimBytes", Amount::Bytes(handled.claim_bytes.unwrap_or_default() as u64)),
    ]
}
