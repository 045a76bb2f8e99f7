//! `docs/log-fields.md` documents exactly the names that a log line can contain.

use std::collections::BTreeSet;
use std::time::SystemTime;

use cognito_trigger::event::UnreadableEvent;
use cognito_trigger::reply::{GroupChange, GroupOverride};
use cognito_trigger::report::Ended;
use cognito_trigger::{Failure, Handled, Incoming, LogEvent, Outcome, PublicError};
use function::metrics::{Costs, NAMESPACE};
use function::{Broken, Call};
use serde_json::value::RawValue;
use tenancy::Damage;
use tenancy::join::JoinRefusal;
use tenancy::ports::StoreError;
use tenancy::sign_in::Refusal;
use tokio::time::Instant;

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/log-fields.md");
    std::fs::read_to_string(path).unwrap()
}

/// The cells of the first table under a heading.
fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, section) = page.split_once(&format!("\n{heading}\n")).unwrap();
    let lines = section.lines().skip_while(|line| !line.starts_with('|'));
    let table = lines.take_while(|line| line.starts_with('|')).skip(2);
    table.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The texts in backticks in a column.
fn ticked(page: &str, heading: &str, column: usize) -> BTreeSet<String> {
    let cells = rows(page, heading).into_iter().map(|row| row[column].clone());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// Every failure; a new one does not compile until it is listed here.
fn failures() -> Vec<Failure> {
    use JoinRefusal as Why;
    let refusals = [
        Refusal::NoTenant,
        Refusal::InviteRequired,
        Refusal::WrongTenant,
        Refusal::OtherPool,
        Refusal::ChooseTenant,
        Refusal::Suspended,
    ];
    let whys = [
        Why::NoInvite,
        Why::Malformed,
        Why::Unknown,
        Why::Revoked,
        Why::Expired,
        Why::UsedUp,
        Why::WrongAddress,
        Why::AddressNotVerified,
        Why::TenantNotActive,
        Why::OtherPool,
        Why::MembershipNotActive,
        Why::WrongTenant,
    ];
    for (refusal, why) in refusals.into_iter().zip(whys) {
        match refusal {
            Refusal::NoTenant
            | Refusal::InviteRequired
            | Refusal::WrongTenant
            | Refusal::OtherPool
            | Refusal::ChooseTenant
            | Refusal::Suspended => {}
        }
        match why {
            Why::NoInvite
            | Why::Malformed
            | Why::Unknown
            | Why::Revoked
            | Why::Expired
            | Why::UsedUp
            | Why::WrongAddress
            | Why::AddressNotVerified
            | Why::TenantNotActive
            | Why::OtherPool
            | Why::MembershipNotActive
            | Why::WrongTenant => {}
        }
    }
    let damage = Damage { key: "TENANT#acme".to_owned(), problem: "no name".to_owned() };
    let not_json = serde_json::from_str::<u8>("").unwrap_err();
    let others = [
        Failure::UnboundMachine,
        Failure::MarkerRequested,
        Failure::PoolNotAllowed,
        Failure::Event(UnreadableEvent::NoPool),
        Failure::Store(StoreError::Unavailable { operation: "read a user", source: "down".into() }),
        Failure::Store(StoreError::Damaged(damage)),
        Failure::Store(StoreError::RedeemOff),
        Failure::ClaimsTooLarge { bytes: 5_000, max_bytes: 4_096, groups: 3, max_groups: 100 },
        Failure::Reply(not_json),
        Failure::Broken(Broken::Panic),
        Failure::Broken(Broken::Timeout),
    ];
    // A refused code is always reported by its own reason.
    let refused = refusals.into_iter().filter(|refusal| *refusal != Refusal::InviteRequired);
    let all: Vec<Failure> = whys
        .into_iter()
        .map(Failure::NotInvited)
        .chain(refused.map(|refusal| Failure::Refused(refusal, None)))
        .chain(others)
        .collect();
    for failure in &all {
        match failure {
            Failure::NotInvited(_)
            | Failure::Refused(..)
            | Failure::UnboundMachine
            | Failure::MarkerRequested
            | Failure::PoolNotAllowed
            | Failure::Event(_)
            | Failure::Store(
                StoreError::Unavailable { .. } | StoreError::Damaged(_) | StoreError::RedeemOff,
            )
            | Failure::ClaimsTooLarge { .. }
            | Failure::Reply(_)
            | Failure::Broken(Broken::Panic | Broken::Timeout) => {}
        }
    }
    all
}

/// Every outcome; a new one does not compile until it is listed here.
fn outcomes() -> Vec<Outcome> {
    let reply = RawValue::from_string("{}".to_owned()).unwrap();
    let all = vec![
        Outcome::Issued(reply),
        Outcome::Joined,
        Outcome::AlreadyJoined,
        Outcome::Admitted(JoinRefusal::NoInvite),
        Outcome::Passed,
        Outcome::UnboundMachine,
        Outcome::Failed(Failure::PoolNotAllowed),
        Outcome::Failed(Failure::UnboundMachine),
        Outcome::Observed(Failure::UnboundMachine, RawValue::NULL.to_owned()),
    ];
    for outcome in &all {
        match outcome {
            Outcome::Issued(_)
            | Outcome::Joined
            | Outcome::AlreadyJoined
            | Outcome::Admitted(_)
            | Outcome::Passed
            | Outcome::UnboundMachine
            | Outcome::Failed(_)
            | Outcome::Observed(..) => {}
        }
    }
    all
}

#[test]
fn every_outcome_is_documented() {
    let told: BTreeSet<String> = outcomes().iter().map(|outcome| outcome.told().outcome.to_owned()).collect();

    assert_eq!(told, ticked(&page(), "### `Outcome`", 0));
}

#[test]
fn every_reason_is_documented() {
    let told: BTreeSet<String> = failures().iter().map(|failure| failure.told().reason.to_owned()).collect();

    assert_eq!(told, ticked(&page(), "### `reason`", 0));
}

#[test]
fn every_log_event_is_documented() {
    let page = page();
    let mut documented = ticked(&page, "### `event`", 0);
    documented.extend(ticked(&page, "## Other lines", 1));

    let named = LogEvent::ALL.map(LogEvent::name).into_iter();

    // `config.invalid` is logged before there is a trigger.
    assert_eq!(set(named.chain(["config.invalid"])), documented);
}

#[test]
fn every_metric_and_property_is_documented() {
    let handled = Handled::from(Outcome::Passed);
    let (incoming, began) = (Incoming::default(), Instant::now());
    let now = SystemTime::UNIX_EPOCH;
    let call = Call { event: "", request_id: "", is_cold_start: false, now, began, deadline: began };
    let ended =
        Ended { function: "f", call: &call, incoming: &incoming, handled: &handled, costs: Costs::default() };
    let page = page();

    let metrics: Vec<(String, String)> =
        ended.metrics().map(|(name, amount)| (name.to_owned(), amount.unit().to_owned())).into();
    let documented = rows(&page, "### Metrics").into_iter();
    let documented: Vec<(String, String)> =
        documented.map(|row| (row[0].trim_matches('`').to_owned(), row[1].clone())).collect();
    assert_eq!(metrics, documented, "also their order");

    let told = handled.outcome.told();
    let properties = ended.properties(&told, None).map(|(name, _)| name);
    let always = ["_aws", "Function", "Outcome"];
    assert_eq!(set(properties.into_iter().chain(always)), ticked(&page, "### Properties", 0));
    assert!(page.contains(&format!("Namespace `{NAMESPACE}`")));
}

#[test]
fn each_code_has_the_published_text() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md");
    let published = std::fs::read_to_string(path).unwrap();

    for error in PublicError::ALL {
        let row = format!("\n| `{}` | {} |\n", error.code(), error.text());
        assert!(published.contains(&row), "docs/errors.md has no row `{row}`");
    }
}

#[test]
fn the_groups_that_count_are_those_that_are_sent() {
    let groups_to_override = ["admins", "editors"].map(str::to_owned).into();
    let replaced = GroupChange::Replace(GroupOverride { groups_to_override, ..GroupOverride::default() });

    assert_eq!([GroupChange::Keep.count(), replaced.count()], [0, 2]);
}
