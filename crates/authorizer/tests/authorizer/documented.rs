//! `docs/log-fields.md` documents exactly the names that a log line of the authorizer can contain.

use std::collections::BTreeSet;
use std::time::SystemTime;

use authorizer::event::UnreadableEvent;
use authorizer::report::Ended;
use authorizer::verdict::{Denied, Failure, LogEvent, Refused, Ruling};
use authorizer::{Concluded, Form};
use function::metrics::Costs;
use function::{Broken, Call};
use tenancy::Damage;
use tenancy::ports::StoreError;
use tenant_token::Refusal;
use tokio::time::Instant;

/// The part of the page about the authorizer.
fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/log-fields.md");
    let page = std::fs::read_to_string(path).unwrap();
    page.split("\n## The authorizer's line\n").nth(1).expect("a section about the authorizer").to_owned()
}

/// The cells of the first table under a heading.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let page = page();
    let (_, section) = page.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let lines = section.lines().skip_while(|line| !line.starts_with('|'));
    let table = lines.take_while(|line| line.starts_with('|')).skip(2);
    table.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

fn ticked(heading: &str, column: usize) -> BTreeSet<String> {
    let cells = rows(heading).into_iter().map(|row| row[column].clone());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Every refusal of a token; a new one does not compile until it is listed here.
fn refusals() -> [Refusal; 15] {
    let all = [
        Refusal::TooLong,
        Refusal::Malformed("exp"),
        Refusal::Algorithm,
        Refusal::Issuer,
        Refusal::KeyUnknown,
        Refusal::KeysUnavailable,
        Refusal::Signature,
        Refusal::Expired,
        Refusal::TooEarly,
        Refusal::TooOld,
        Refusal::TokenUse,
        Refusal::Client,
        Refusal::Scope,
        Refusal::NoTenant,
        Refusal::BadClaim("tenant id"),
    ];
    for refusal in all {
        match refusal {
            Refusal::TooLong
            | Refusal::Malformed(_)
            | Refusal::Algorithm
            | Refusal::Issuer
            | Refusal::KeyUnknown
            | Refusal::KeysUnavailable
            | Refusal::Signature
            | Refusal::Expired
            | Refusal::TooEarly
            | Refusal::TooOld
            | Refusal::TokenUse
            | Refusal::Client
            | Refusal::Scope
            | Refusal::NoTenant
            | Refusal::BadClaim(_) => {}
        }
    }
    all
}

/// Every ruling but `allowed`; a new one does not compile until it is listed here.
fn rulings() -> Vec<Ruling> {
    let damage = Damage { key: "TENANT#acme".to_owned(), problem: "no name".to_owned() };
    let refused = [
        Refused::NoToken,
        Refused::NotIdentitySource,
        Refused::ClientUnbound,
        Refused::ClientOfAnotherTenant,
        Refused::TooLarge,
    ];
    let denied = [
        Denied::Scope,
        Denied::TenantMissing,
        Denied::TenantNotActive,
        Denied::OtherPool,
        Denied::NoMembership,
        Denied::MembershipNotActive,
    ];
    let failures = [
        Failure::Event(UnreadableEvent::Ambiguous),
        Failure::Keys,
        Failure::Store(StoreError::Unavailable { operation: "read a tenant", source: "down".into() }),
        Failure::Store(StoreError::Damaged(damage)),
        Failure::Broken(Broken::Panic),
        Failure::Broken(Broken::Timeout),
    ];
    // The others have rulings of their own.
    let of_token = refusals().into_iter().filter(|refusal| refusal.status() == 401).map(Refused::Token);
    let all: Vec<Ruling> = refused
        .into_iter()
        .chain(of_token)
        .map(Ruling::Refused)
        .chain(denied.map(Ruling::Denied))
        .chain(failures.map(Ruling::Unavailable))
        .collect();
    for ruling in &all {
        match ruling {
            Ruling::Allowed(_)
            | Ruling::Refused(
                Refused::NoToken
                | Refused::NotIdentitySource
                | Refused::Token(_)
                | Refused::ClientUnbound
                | Refused::ClientOfAnotherTenant
                | Refused::TooLarge,
            )
            | Ruling::Denied(
                Denied::Scope
                | Denied::TenantMissing
                | Denied::TenantNotActive
                | Denied::OtherPool
                | Denied::NoMembership
                | Denied::MembershipNotActive,
            )
            | Ruling::Unavailable(
                Failure::Event(_)
                | Failure::Keys
                | Failure::Store(
                    StoreError::Unavailable { .. } | StoreError::Damaged(_) | StoreError::RedeemOff,
                )
                | Failure::Broken(Broken::Panic | Broken::Timeout),
            ) => {}
        }
    }
    all
}

#[test]
fn every_outcome_reason_and_event_is_documented() {
    let told: Vec<_> = rulings().iter().map(Ruling::told).collect();
    let outcomes = told.iter().map(|told| told.outcome.to_owned()).chain(["allowed".to_owned()]);
    assert_eq!(outcomes.collect::<BTreeSet<_>>(), ticked("### Outcomes of the authorizer", 0));

    let reasons = told.iter().filter_map(|told| told.reason).map(str::to_owned);
    assert_eq!(reasons.collect::<BTreeSet<_>>(), ticked("### Reasons of the authorizer", 0));

    let events = LogEvent::ALL.map(|event| event.name().to_owned());
    // Logged by the library and before the first call.
    let others = ["keys.fetch_failed".to_owned(), "config.invalid".to_owned()];
    assert_eq!(
        events.into_iter().chain(others).collect::<BTreeSet<_>>(),
        ticked("### Events of the authorizer", 0)
    );
}

#[test]
fn every_metric_and_property_is_documented() {
    let verdict = Ruling::Refused(Refused::NoToken).into();
    let concluded = Concluded { event: None, verdict, keys_are_stale: false };
    let (now, began) = (SystemTime::UNIX_EPOCH, Instant::now());
    let call = Call { event: "", request_id: "", is_cold_start: false, now, began, deadline: began };
    let ended = Ended { function: "f", call: &call, concluded: &concluded, costs: Costs::default() };

    let metrics: Vec<_> = ended
        .metrics()
        .into_iter()
        .map(|(name, amount)| (format!("`{name}`"), amount.unit().to_owned()))
        .collect();
    let documented: Vec<_> = rows("### Metrics of the authorizer")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    assert_eq!(metrics, documented, "also their order");

    let told = concluded.verdict.ruling.told();
    let properties = ended.properties(&told).map(|(name, _)| name.to_owned()).into_iter();
    let always = ["_aws", "Function", "Outcome"].map(str::to_owned);
    assert_eq!(
        properties.chain(always).collect::<BTreeSet<_>>(),
        ticked("### Properties of the authorizer", 0)
    );
    let forms = ticked("### Properties of the authorizer", 1);
    for form in Form::ALL {
        assert!(forms.contains(form.name()), "{}", form.name());
    }
}

#[test]
fn a_line_has_the_cause_only_where_the_reason_does_not_say_all() {
    for ruling in rulings() {
        let told = ruling.told();
        let (cause, event) = match &ruling {
            Ruling::Refused(Refused::Token(refusal @ (Refusal::Malformed(_) | Refusal::BadClaim(_)))) => {
                (Some(refusal.to_string()), LogEvent::TokenRefused)
            }
            Ruling::Unavailable(Failure::Event(error)) => (Some(error.to_string()), LogEvent::EventInvalid),
            Ruling::Unavailable(Failure::Store(error)) => {
                let is_damaged = matches!(error, StoreError::Damaged(_));
                assert_eq!(told.event, is_damaged.then_some(LogEvent::DataIntegrity));
                assert_eq!(told.cause, Some(function::with_causes(error)));
                continue;
            }
            Ruling::Unavailable(_) => {
                assert_eq!((told.cause, told.event), (None, None), "{ruling:?}");
                continue;
            }
            Ruling::Denied(_) => (None, LogEvent::AccessDenied),
            Ruling::Refused(_) => (None, LogEvent::TokenRefused),
            Ruling::Allowed(_) => unreachable!("it is not among the rulings"),
        };
        assert_eq!((told.cause, told.event), (cause, Some(event)), "{ruling:?}");
    }
}
