//! The log line per call, which also carries its metrics in CloudWatch's embedded metric format (CloudWatch user guide,
//! "Specification: Embedded metric format"). Each metric has two sets of dimensions: `Function`, and `Function` with
//! `Outcome`.

use std::io::Write;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

pub const NAMESPACE: &str = "CognitoTenancy";

const DIMENSIONS: [&[&str]; 2] = [&["Function"], &["Function", "Outcome"]];

/// The value of a metric. The variant gives the unit.
#[derive(Clone, Copy, Debug)]
pub enum Amount {
    Count(u64),
    Bytes(u64),
    Milliseconds(Duration),
}

impl Amount {
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Count(_) => "Count",
            Self::Bytes(_) => "Bytes",
            Self::Milliseconds(_) => "Milliseconds",
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(number) | Self::Bytes(number) => serializer.serialize_u64(*number),
            // Three decimals: microseconds.
            Self::Milliseconds(time) => {
                let micros = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
                serializer.serialize_f64(f64::from(micros) / 1000.0)
            }
        }
    }
}

/// Log event: a cached tenant was used beyond its time.
pub const CACHE_STALE: &str = "cache.stale";

/// Figures about the table and the cache in one call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Costs {
    /// Calls of the table.
    pub store_calls: u64,
    /// Sum of their durations.
    pub store_time: Duration,
    /// Tenants and bindings found in the cache.
    pub cache_hits: u64,
    /// Tenants and bindings that were not in the cache, or too old.
    pub cache_misses: u64,
    /// Tenants used beyond their cache time because the table could not be read.
    pub stale_served: u64,
}

impl Costs {
    /// The metrics, in the order of the line.
    #[must_use]
    pub fn metrics(&self) -> [(&'static str, Amount); 5] {
        [
            ("StoreMs", Amount::Milliseconds(self.store_time)),
            ("StoreCalls", Amount::Count(self.store_calls)),
            ("CacheHit", Amount::Count(self.cache_hits)),
            ("CacheMiss", Amount::Count(self.cache_misses)),
            ("StaleServed", Amount::Count(self.stale_served)),
        ]
    }

    /// Warns of a cached tenant that was used beyond its time.
    pub fn warn_if_stale(&self, request_id: &str, tenant: Option<&str>) {
        if self.stale_served > 0 {
            tracing::warn!(
                event = CACHE_STALE,
                requestId = request_id,
                tenantId = tenant,
                "could not read the tenant from the table; its cached record was used"
            );
        }
    }
}

/// The contents of the line. It must not hold an e-mail address, a name, a code, a token, an attribute or an event.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The end of the call.
    pub at: SystemTime,
    /// The dimension `Function`.
    pub function: &'a str,
    /// The dimension `Outcome`.
    pub outcome: &'a str,
    /// Names and values, in the order of the line.
    pub metrics: &'a [(&'static str, Amount)],
    /// Fields for searches. Those without a value are left out.
    pub properties: &'a [(&'static str, Option<&'a str>)],
}

impl Record<'_> {
    /// The line, without a line end.
    #[must_use]
    pub fn line(&self) -> String {
        // Numbers and texts under fixed names: serialising them cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Prints the line to standard output, where Lambda looks for metrics. If printing fails, the line is lost and the call
    /// goes on.
    pub fn print(&self) {
        let _ = writeln!(std::io::stdout().lock(), "{}", self.line());
    }
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let since_epoch = self.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry(
            "_aws",
            &Metadata {
                timestamp: u64::try_from(since_epoch.as_millis()).unwrap_or(0),
                cloud_watch_metrics: [Directive {
                    namespace: NAMESPACE,
                    dimensions: DIMENSIONS,
                    metrics: Definitions(self.metrics),
                }],
            },
        )?;
        line.serialize_entry("Function", self.function)?;
        line.serialize_entry("Outcome", self.outcome)?;
        for (name, amount) in self.metrics {
            line.serialize_entry(name, amount)?;
        }
        for (name, value) in self.properties {
            if let Some(value) = value {
                line.serialize_entry(name, value)?;
            }
        }
        line.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    timestamp: u64,
    cloud_watch_metrics: [Directive<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'static str,
    dimensions: [&'static [&'static str]; 2],
    metrics: Definitions<'a>,
}

struct Definitions<'a>(&'a [(&'static str, Amount)]);

impl Serialize for Definitions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Definition {
            name: &'static str,
            unit: &'static str,
        }
        serializer.collect_seq(self.0.iter().map(|&(name, amount)| Definition { name, unit: amount.unit() }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Checks the rules of CloudWatch's published schema (user guide, "Specification: Embedded metric format").
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
    fn the_line_is_what_cloudwatch_demands() {
        let record = Record {
            at: SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_123),
            function: "post-confirmation",
            outcome: "joined",
            metrics: &[
                ("Invocations", Amount::Count(1)),
                ("DurationMs", Amount::Milliseconds(Duration::from_micros(4_567))),
                ("ClaimBytes", Amount::Bytes(321)),
            ],
            properties: &[("requestId", Some("request-1")), ("sub", None)],
        };

        let text = record.line();
        let line: Value = serde_json::from_str(&text).unwrap();

        assert!(!text.contains('\n'), "one line");
        assert_is_emf(&line);
        assert_eq!(line["_aws"]["Timestamp"], 1_800_000_000_123_u64);
        assert_eq!((&line["DurationMs"], &line["ClaimBytes"]), (&4.567.into(), &321.into()));
        assert_eq!((&line["requestId"], line.get("sub")), (&"request-1".into(), None));
    }

    #[test]
    fn what_a_call_cost_has_its_published_names_and_units() {
        let costs = Costs {
            store_calls: 2,
            store_time: Duration::from_millis(3),
            cache_hits: 4,
            cache_misses: 5,
            stale_served: 6,
        };

        let told: Vec<String> = costs
            .metrics()
            .map(|(name, amount)| {
                format!("{name} {} {}", serde_json::to_string(&amount).unwrap(), amount.unit())
            })
            .into();

        let expected = [
            "StoreMs 3.0 Milliseconds",
            "StoreCalls 2 Count",
            "CacheHit 4 Count",
            "CacheMiss 5 Count",
            "StaleServed 6 Count",
        ];
        assert_eq!(told, expected);
        assert_eq!(Amount::Bytes(1).unit(), "Bytes");
    }

    #[test]
    fn a_tenant_that_was_used_beyond_its_time_is_reported() {
        let logged = |stale_served| {
            let costs = Costs { stale_served, ..Costs::default() };
            memory::logged(|| costs.warn_if_stale("request", Some("acme")))
        };

        assert_eq!(logged(0), Vec::<String>::new());
        assert_eq!(logged(1), ["WARN cache.stale acme"]);
    }
}
