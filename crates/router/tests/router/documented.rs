//! `docs/log-fields.md` documents exactly the names that a log line of the router can contain.

use std::collections::BTreeSet;

use function::Broken;
use function::metrics::Costs;
use router::outcome::{Failure, Kind, LogEvent, Outcome, Refusal, unknown_reason};
use router::report::Ended;
use tenancy::Damage;
use tenancy::ports::StoreError;
use tenancy::route::Unknown;
use tokio::time::Instant;

/// The part of the page about the router.
fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/log-fields.md");
    let page = std::fs::read_to_string(path).unwrap();
    page.split("\n## The router's line\n").nth(1).expect("a section about the router").to_owned()
}

fn ticked(heading: &str) -> BTreeSet<String> {
    let page = page();
    let (_, section) = page.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let lines = section.lines().skip_while(|line| !line.starts_with('|'));
    let table = lines.take_while(|line| line.starts_with('|')).skip(2);
    let first = table.map(|line| line.trim_matches('|').split('|').next().unwrap_or_default());
    first.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Every reason; a new one does not compile until it is listed here.
fn reasons() -> BTreeSet<String> {
    let unknown = [
        Unknown::Nobody,
        Unknown::NoSlug,
        Unknown::NoDomain,
        Unknown::NotRouted,
        Unknown::NoTenant,
        Unknown::Offboarded,
    ];
    let damage = Damage { key: "TENANT#acme".to_owned(), problem: "no name".to_owned() };
    let failures = [
        Failure::Event,
        Failure::Broken(Broken::Panic),
        Failure::Broken(Broken::Timeout),
        Failure::Store(StoreError::Unavailable { operation: "read", source: "down".into() }),
        Failure::Store(StoreError::Damaged(damage)),
    ];
    for unknown in unknown {
        match unknown {
            Unknown::Nobody
            | Unknown::NoSlug
            | Unknown::NoDomain
            | Unknown::NotRouted
            | Unknown::NoTenant
            | Unknown::Offboarded => {}
        }
    }
    for failure in &failures {
        match failure {
            Failure::Event
            | Failure::Broken(Broken::Panic | Broken::Timeout)
            | Failure::Store(
                StoreError::Unavailable { .. } | StoreError::Damaged(_) | StoreError::RedeemOff,
            ) => {}
        }
    }
    let unknown = unknown.map(unknown_reason).into_iter();
    let refused = Refusal::ALL.map(Refusal::reason).into_iter();
    let failed = failures.iter().filter_map(|failure| Outcome::from(failure).reason);
    unknown.chain(refused).chain(failed).map(str::to_owned).collect()
}

#[test]
fn every_outcome_reason_and_event_is_documented() {
    let outcomes = Kind::ALL.map(|kind| kind.name().to_owned());
    assert_eq!(BTreeSet::from(outcomes), ticked("### Outcomes of the router"));

    assert_eq!(reasons(), ticked("### Reasons of the router"));

    let events = LogEvent::ALL.map(|event| event.name().to_owned());
    let at_start = "config.invalid".to_owned();
    let events: BTreeSet<_> = events.into_iter().chain([at_start]).collect();
    assert_eq!(events, ticked("### Events of the router"));
}

#[test]
fn every_metric_and_property_is_documented() {
    let ended = Ended {
        function: "router",
        request_id: "r",
        is_cold_start: true,
        began: Instant::now(),
        outcome: &Outcome::default(),
        route: None,
        status: "200",
        costs: Costs::default(),
    };

    let metrics = ended.metrics().map(|(name, _)| name.to_owned());
    assert_eq!(BTreeSet::from(metrics), ticked("### Metrics of the router"));
    let always = ["_aws", "Function", "Outcome"].map(str::to_owned);
    let properties = ended.properties().map(|(name, _)| name.to_owned());
    let properties: BTreeSet<_> = properties.into_iter().chain(always).collect();
    assert_eq!(properties, ticked("### Properties of the router"));
}
