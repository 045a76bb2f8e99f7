//! The log line of a request. `docs/log-fields.md` describes every field.

use std::time::SystemTime;

use function::metrics::{Amount, Costs, Record};
use tenancy::{CellName, TenantId};
use tokio::time::Instant;

use crate::outcome::{Kind, LogEvent, Outcome};

/// A finished request. Neither its host nor its path is part of the line: a caller can write addresses into both.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// `Function` of the metrics.
    pub function: &'a str,
    pub request_id: &'a str,
    pub is_cold_start: bool,
    pub began: Instant,
    pub outcome: &'a Outcome,
    /// The route of the service, such as `POST /start`; `None` if there is none.
    pub route: Option<&'static str>,
    pub status: &'a str,
    pub costs: Costs,
}

impl Ended<'_> {
    pub(crate) fn print(&self, at: SystemTime) {
        let record = Record {
            at,
            function: self.function,
            outcome: self.outcome.kind.name(),
            metrics: &self.metrics(),
            properties: &self.properties(),
        };
        record.print();
    }

    /// The properties, in the order of the line.
    #[must_use]
    pub fn properties(&self) -> [(&'static str, Option<&str>); 8] {
        let outcome = self.outcome;
        [
            ("requestId", Some(self.request_id)),
            ("event", outcome.event.map(LogEvent::name)),
            ("reason", outcome.reason),
            ("cause", outcome.cause.as_deref()),
            ("route", self.route),
            ("status", Some(self.status)),
            ("cell", outcome.cell.as_ref().map(CellName::as_str)),
            ("tenantId", outcome.tenant.as_ref().map(TenantId::as_str)),
        ]
    }

    /// All metrics, in the order of the line.
    #[must_use]
    pub fn metrics(&self) -> [(&'static str, Amount); 12] {
        let count = |is: bool| Amount::Count(u64::from(is));
        let is = |kind: Kind| count(self.outcome.kind == kind);
        let [store_time, store_calls, cache_hits, cache_misses, stale_served] = self.costs.metrics();
        [
            ("Invocations", Amount::Count(1)),
            ("DurationMs", Amount::Milliseconds(self.began.elapsed())),
            store_time,
            store_calls,
            cache_hits,
            cache_misses,
            stale_served,
            ("Routed", is(Kind::Routed)),
            ("Default", is(Kind::Default)),
            ("Refused", is(Kind::Refused)),
            ("Unavailable", is(Kind::Unavailable)),
            ("ColdStart", count(self.is_cold_start)),
        ]
    }
}
