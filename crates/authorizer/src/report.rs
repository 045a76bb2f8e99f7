//! The log line of a call. `docs/log-fields.md` describes every field.

use std::time::SystemTime;

use function::Call;
use function::metrics::{Amount, Costs, Record};
use tenant_token::TenantToken;

use crate::Concluded;
use crate::event::Form;
use crate::verdict::{LogEvent, Ruling, Told};

/// Everything about a finished call that its log line needs.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// `Function` of the metrics.
    pub function: &'a str,
    pub call: &'a Call<'a>,
    pub concluded: &'a Concluded,
    pub costs: Costs,
}

impl<'a> Ended<'a> {
    pub(crate) fn print(&self, at: SystemTime) {
        let told = self.concluded.verdict.ruling.told();
        let record = Record {
            at,
            function: self.function,
            outcome: told.outcome,
            metrics: &self.metrics(),
            properties: &self.properties(&told),
        };
        record.print();
    }

    /// The properties, in the order of the line.
    #[must_use]
    pub fn properties<'t>(&self, told: &'t Told) -> [(&'static str, Option<&'t str>); 10]
    where
        'a: 't,
    {
        let (call, event) = (self.call, self.concluded.event.as_ref());
        let token = self.concluded.verdict.token.as_ref();
        [
            ("requestId", Some(call.request_id)),
            ("event", told.event.map(LogEvent::name)),
            ("reason", told.reason),
            ("cause", told.cause.as_deref()),
            ("eventForm", event.map(|event| Form::name(event.form))),
            ("apiStage", event.map(|event| event.stage.name())),
            ("userPoolId", token.map(|token| token.subject().pool_id())),
            ("clientId", token.map(TenantToken::client_id)),
            ("sub", token.map(|token| token.subject().sub())),
            ("tenantId", token.map(|token| token.tenant().as_str())),
        ]
    }

    /// All metrics, in the order of the line.
    #[must_use]
    pub fn metrics(&self) -> [(&'static str, Amount); 12] {
        let (call, costs, ruling) = (self.call, self.costs, &self.concluded.verdict.ruling);
        let count = |is: bool| Amount::Count(u64::from(is));
        let [store_time, store_calls, cache_hits, cache_misses, stale_served] = costs.metrics();
        [
            ("Invocations", Amount::Count(1)),
            ("DurationMs", Amount::Milliseconds(call.began.elapsed())),
            store_time,
            store_calls,
            cache_hits,
            cache_misses,
            stale_served,
            ("Allowed", count(matches!(ruling, Ruling::Allowed(_)))),
            ("Refused", count(matches!(ruling, Ruling::Refused(_) | Ruling::Denied(_)))),
            ("Unavailable", count(matches!(ruling, Ruling::Unavailable(_)))),
            ("KeysStale", count(self.concluded.keys_are_stale)),
            ("ColdStart", count(call.is_cold_start)),
        ]
    }
}
