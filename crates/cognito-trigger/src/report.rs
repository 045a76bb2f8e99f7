//! The one line per invocation: log record and metrics at once, in CloudWatch's embedded metric format (CloudWatch user
//! guide, "Specification: Embedded metric format"). `docs/log-fields.md` describes every field.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use tenancy::choice::ChosenBy;
use tenancy::onboarding::StampPlan;
use tenancy::ports::Damage;
use tenancy::redemption::{DefaultChange, Redemption, RefusedOpening};
use tenancy::sign_in::CrossTenant;
use tenancy::{PoolId, Sub, TenantId};

use crate::failure::{PublicError, TriggerFailure};

/// Namespace of the metrics.
const NAMESPACE: &str = "CognitoTenancy";

/// What one invocation did. Never holds an e-mail address, a name, a code, a token, an attribute or an event.
#[derive(Debug, Default)]
pub struct Report {
    /// How it ended: the dimension `Outcome`.
    pub outcome: &'static str,
    /// The log event, of the closed list.
    pub event: Option<&'static str>,
    /// Why it was refused or not done.
    pub reason: Option<&'static str>,
    /// Why, in the operator's words.
    pub cause: Option<String>,
    /// What fired.
    pub trigger_source: Option<String>,
    /// The pool.
    pub pool: Option<PoolId>,
    /// The user.
    pub sub: Option<Sub>,
    /// The tenant that was resolved or joined.
    pub tenant: Option<TenantId>,
    /// Calls of the store.
    pub store_calls: u64,
    /// Their durations, summed.
    pub store_time: Duration,
    /// Tenants and bindings taken from memory.
    pub cache_hits: u64,
    /// Those that were not there.
    pub cache_misses: u64,
    /// Tenants served past their time because the store failed.
    pub stale_served: u64,
    /// Redemptions written.
    pub redeemed: u64,
    /// Redemptions that had been done before.
    pub already_redeemed: u64,
    /// Stamps that could not be written.
    pub stamps_deferred: u64,
    /// Users or machines that were refused, or would have been but for observe mode.
    pub denied: u64,
    /// Bytes added to a token; `None` when none was made.
    pub claim_bytes: Option<usize>,
    /// How it came to that; not in the line.
    pub details: Details,
}

/// How an invocation came to its outcome: for who looks at a single event, such as `tenantctl replay`. Never printed by a
/// function.
#[derive(Debug, Default)]
pub struct Details {
    /// The tenant that was granted, or would have been but for its own state, and by what it was chosen.
    pub chosen: Option<(TenantId, ChosenBy)>,
    /// The change of the default tenant that was to be written.
    pub default_change: Option<DefaultChange>,
    /// What came of redeeming, if it was tried.
    pub redemption: Option<Redemption>,
    /// What was on offer and refused.
    pub refused: Vec<RefusedOpening>,
    /// Damaged items that were passed over.
    pub damaged: Vec<Damage>,
    /// What looks like an attempt on another tenant.
    pub cross_tenant: Vec<CrossTenant>,
    /// IAM roles of the tenant that the allow-list does not admit.
    pub iam_roles_left_out: usize,
    /// The stamp that was to be written.
    pub stamp: Option<StampPlan>,
}

/// What the loop knows of an invocation.
#[derive(Clone, Copy, Debug)]
pub struct Invocation<'a> {
    /// The function's name: the dimension `Function`.
    pub function: &'a str,
    /// Lambda's id of the request.
    pub request_id: &'a str,
    /// Whether it is the first of its environment.
    pub is_cold_start: bool,
    /// How long it took.
    pub duration: Duration,
    /// When it ended.
    pub at: SystemTime,
}

impl Report {
    /// The line, without line end.
    #[must_use]
    pub fn line(&self, invocation: &Invocation<'_>) -> String {
        let since_epoch = invocation.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        // The last metric is that of a token's size, which there is only where a token was made.
        let metrics = if self.claim_bytes.is_some() {
            METRICS
        } else {
            METRICS.split_last().map_or(METRICS, |(_, rest)| rest)
        };
        let line = Line {
            aws: Metadata {
                timestamp: u64::try_from(since_epoch.as_millis()).unwrap_or(0),
                cloud_watch_metrics: [Directive { namespace: NAMESPACE, dimensions: DIMENSIONS, metrics }],
            },
            function: invocation.function,
            outcome: self.outcome,
            invocations: 1,
            duration_ms: milliseconds(invocation.duration),
            store_ms: milliseconds(self.store_time),
            store_calls: self.store_calls,
            cache_hit: self.cache_hits,
            cache_miss: self.cache_misses,
            stale_served: self.stale_served,
            redeemed: self.redeemed,
            already_redeemed: self.already_redeemed,
            stamp_deferred: self.stamps_deferred,
            denied: self.denied,
            cold_start: u8::from(invocation.is_cold_start),
            claim_bytes: self.claim_bytes,
            properties: Properties {
                request_id: invocation.request_id,
                event: self.event,
                reason: self.reason,
                cause: self.cause.as_deref(),
                trigger_source: self.trigger_source.as_deref(),
                user_pool_id: self.pool.as_ref().map(PoolId::as_str),
                sub: self.sub.as_ref().map(Sub::as_str),
                tenant_id: self.tenant.as_ref().map(TenantId::as_str),
            },
        };
        // Numbers and texts under fixed names: writing them cannot fail.
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// Notes that it ended in `failure`; `denial_event` is the log event of an error that has none of its own.
    pub fn note_failure(&mut self, failure: &TriggerFailure, denial_event: Option<&'static str>) {
        let is_unavailable = failure.public == PublicError::Unavailable;
        self.outcome = if is_unavailable { "unavailable" } else { "denied" };
        self.reason = Some(failure.reason);
        self.cause = (!failure.cause.is_empty()).then(|| failure.cause.clone());
        self.denied = 1;
        self.event = self.event.or(match failure.reason {
            "event_invalid" => Some("event.invalid"),
            "data_damaged" => Some("data.integrity"),
            _ => denial_event,
        });
    }

    /// Notes what fired, if it looks like a trigger source: an event could say anything.
    pub fn note_source(&mut self, source: &str) {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if (1..=64).contains(&source.len()) && source.bytes().all(is_plain) {
            self.trigger_source = Some(source.to_owned());
        }
    }
}

/// Every metric with its unit, in the order of the line.
const METRICS: &[Metric] = &[
    Metric { name: "Invocations", unit: "Count" },
    Metric { name: "DurationMs", unit: "Milliseconds" },
    Metric { name: "StoreMs", unit: "Milliseconds" },
    Metric { name: "StoreCalls", unit: "Count" },
    Metric { name: "CacheHit", unit: "Count" },
    Metric { name: "CacheMiss", unit: "Count" },
    Metric { name: "StaleServed", unit: "Count" },
    Metric { name: "Redeemed", unit: "Count" },
    Metric { name: "AlreadyRedeemed", unit: "Count" },
    Metric { name: "StampDeferred", unit: "Count" },
    Metric { name: "Denied", unit: "Count" },
    Metric { name: "ColdStart", unit: "Count" },
    Metric { name: "ClaimBytes", unit: "Bytes" },
];

/// By function; and by function and how it ended.
const DIMENSIONS: &[&[&str]] = &[&["Function"], &["Function", "Outcome"]];

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line<'a> {
    #[serde(rename = "_aws")]
    aws: Metadata,
    function: &'a str,
    outcome: &'a str,
    invocations: u8,
    duration_ms: f64,
    store_ms: f64,
    store_calls: u64,
    cache_hit: u64,
    cache_miss: u64,
    stale_served: u64,
    redeemed: u64,
    already_redeemed: u64,
    stamp_deferred: u64,
    denied: u64,
    cold_start: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim_bytes: Option<usize>,
    #[serde(flatten)]
    properties: Properties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trigger_source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_pool_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    timestamp: u64,
    cloud_watch_metrics: [Directive; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: &'static str,
    dimensions: &'static [&'static [&'static str]],
    metrics: &'static [Metric],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    unit: &'static str,
}

/// Milliseconds with microseconds behind the point.
fn milliseconds(duration: Duration) -> f64 {
    f64::from(u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)) / 1000.0
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn line(report: &Report) -> Value {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_123);
        let duration = Duration::from_micros(4_567);
        let invocation = Invocation {
            function: "post-confirmation",
            request_id: "request-1",
            is_cold_start: true,
            duration,
            at,
        };
        let line = report.line(&invocation);
        assert!(!line.contains('\n'), "one line");
        serde_json::from_str(&line).unwrap()
    }

    /// What CloudWatch's published schema of the embedded metric format demands (user guide, "Specification: Embedded
    /// metric format"), rule by rule.
    fn assert_is_emf(line: &Value) {
        let metadata = line["_aws"].as_object().unwrap();
        assert!(metadata["Timestamp"].is_u64());
        let directives = metadata["CloudWatchMetrics"].as_array().unwrap();
        assert!(!directives.is_empty());
        for directive in directives {
            let namespace = directive["Namespace"].as_str().unwrap();
            assert!((1..=1024).contains(&namespace.len()));
            let dimension_sets = directive["Dimensions"].as_array().unwrap();
            assert!(!dimension_sets.is_empty());
            for set in dimension_sets {
                let names = set.as_array().unwrap();
                assert!((1..=30).contains(&names.len()));
                for name in names {
                    let value = line[name.as_str().unwrap()].as_str();
                    assert!(value.is_some_and(|value| (1..=1024).contains(&value.len())), "dimension {name}");
                }
            }
            let metrics = directive["Metrics"].as_array().unwrap();
            assert!((1..=100).contains(&metrics.len()));
            let units = ["Count", "Milliseconds", "Bytes"];
            for metric in metrics {
                let name = metric["Name"].as_str().unwrap();
                assert!((1..=1024).contains(&name.len()));
                assert!(line[name].is_number(), "metric {name} has a number");
                assert!(units.contains(&metric["Unit"].as_str().unwrap()), "{name}");
                assert!(metric.as_object().unwrap().keys().all(|key| key == "Name" || key == "Unit"));
            }
        }
    }

    #[test]
    fn the_line_is_what_cloudwatch_demands_and_has_every_metric() {
        let mut report =
            Report { outcome: "joined", claim_bytes: Some(321), redeemed: 2, ..Report::default() };
        report.note_source("PostConfirmation_ConfirmSignUp");

        let line = line(&report);

        assert_is_emf(&line);
        let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
        let names: Vec<&str> = metrics.iter().map(|metric| metric["Name"].as_str().unwrap()).collect();
        assert_eq!(
            names,
            [
                "Invocations",
                "DurationMs",
                "StoreMs",
                "StoreCalls",
                "CacheHit",
                "CacheMiss",
                "StaleServed",
                "Redeemed",
                "AlreadyRedeemed",
                "StampDeferred",
                "Denied",
                "ColdStart",
                "ClaimBytes"
            ]
        );
        assert_eq!(line["_aws"]["Timestamp"], 1_800_000_000_123_u64);
        assert_eq!(
            (&line["DurationMs"], &line["Redeemed"], &line["ColdStart"]),
            (&json!(4.567), &json!(2), &json!(1))
        );
        assert_eq!(line["triggerSource"], "PostConfirmation_ConfirmSignUp");
    }

    #[test]
    fn what_is_no_trigger_source_is_not_logged() {
        for source in ["", "ana@example.com", "a b", &"x".repeat(65)] {
            let mut report = Report { outcome: "passed", ..Report::default() };
            report.note_source(source);
            let line = line(&report);
            assert_is_emf(&line);
            assert_eq!(line.get("triggerSource"), None, "{source}");
        }
    }
}
