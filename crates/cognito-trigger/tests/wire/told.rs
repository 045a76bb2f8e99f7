//! How each end of a call is told: in the answer, in the log line and in the metrics.

use std::time::{Duration, SystemTime};

use cognito_trigger::event::UnreadableEvent;
use cognito_trigger::incoming::Incoming;
use cognito_trigger::report::Ended;
use cognito_trigger::{Failure, Handled, LogEvent, Outcome, PublicError};
use function::metrics::{Amount, Costs};
use function::{Broken, Call};
use serde_json::value::RawValue;
use tenancy::Damage;
use tenancy::join::{JoinOutcome, JoinRefusal};
use tenancy::ports::StoreError;
use tenancy::sign_in::{NoGrant, Notes, Refusal};
use tokio::time::Instant;

fn damage() -> StoreError {
    Damage { key: "TENANT#acme / META".to_owned(), problem: "`tier` is missing".to_owned() }.into()
}

fn down() -> StoreError {
    StoreError::Unavailable { operation: "read a user", source: "connection reset".into() }
}

fn json(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

#[test]
fn a_failure_has_a_text_for_users_and_a_reason_for_operators() {
    use LogEvent::{DataIntegrity, EventInvalid, InviteRefused};
    use PublicError::{ChooseTenant, InviteRequired, NoTenant, Suspended, Unavailable, WrongTenant};
    let too_large = Failure::ClaimsTooLarge { bytes: 5_000, max_bytes: 4_096, groups: 3, max_groups: 100 };
    let refused = |refusal, why| Failure::Refused(refusal, why);
    let rows: Vec<(Failure, PublicError, &str, Option<LogEvent>, &str)> = vec![
        (Failure::NotInvited(JoinRefusal::UsedUp), InviteRequired, "used_up", Some(InviteRefused), ""),
        (refused(Refusal::InviteRequired, Some(JoinRefusal::Expired)), InviteRequired, "expired", None, ""),
        (refused(Refusal::NoTenant, None), NoTenant, "no_tenant", None, ""),
        (refused(Refusal::WrongTenant, None), WrongTenant, "wrong_tenant", None, ""),
        (refused(Refusal::OtherPool, None), WrongTenant, "other_pool", None, ""),
        (refused(Refusal::ChooseTenant, None), ChooseTenant, "choose_tenant", None, ""),
        (refused(Refusal::Suspended, None), Suspended, "suspended", None, ""),
        (Failure::UnboundMachine, WrongTenant, "unbound_machine", None, ""),
        (Failure::MarkerRequested, WrongTenant, "marker_requested", None, ""),
        (Failure::PoolNotAllowed, Unavailable, "pool_not_allowed", None, ""),
        (UnreadableEvent::NoPool.into(), Unavailable, "event_invalid", Some(EventInvalid), "pool"),
        (down().into(), Unavailable, "store_unavailable", None, "connection reset"),
        (damage().into(), Unavailable, "data_damaged", Some(DataIntegrity), "`tier` is missing"),
        (StoreError::RedeemOff.into(), Unavailable, "redeem_off", None, "REDEEM"),
        (too_large, Unavailable, "claims_too_large", Some(DataIntegrity), "5000 bytes and 3 groups"),
        (Failure::Reply(serde_json::from_str::<u8>("").unwrap_err()), Unavailable, "reply", None, "EOF"),
        (Failure::Broken(Broken::Panic), Unavailable, "panic", None, ""),
        (Failure::Broken(Broken::Timeout), Unavailable, "timeout", None, ""),
    ];

    for (failure, public, reason, event, cause) in rows {
        let told = failure.told();
        assert_eq!((told.public, told.reason, told.event), (public, reason, event));
        assert_eq!(told.cause.is_some(), !cause.is_empty(), "{reason}: {:?}", told.cause);
        assert!(told.cause.unwrap_or_default().contains(cause), "{reason}");
    }
}

#[test]
fn a_decision_without_a_grant_is_told_by_its_own_reason() {
    let reason = |none: NoGrant| Failure::from(none).told().reason;

    assert_eq!(reason(Refusal::Suspended.into()), "suspended");
    assert_eq!(reason(down().into()), "store_unavailable");
}

#[test]
fn an_outcome_has_its_name_event_and_reason() {
    let pool = || Failure::PoolNotAllowed;
    let rows = [
        (Outcome::Issued(json("{}")), "issued", Some(LogEvent::TokenIssued), None),
        (Outcome::Joined, "joined", Some(LogEvent::InviteRedeemed), None),
        (Outcome::AlreadyJoined, "already_joined", None, None),
        (
            Outcome::Admitted(JoinRefusal::NoInvite),
            "admitted",
            Some(LogEvent::InviteRefused),
            Some("no_invite"),
        ),
        (Outcome::Passed, "passed", None, None),
        (Outcome::UnboundMachine, "passed", None, Some("unbound_machine")),
        (Outcome::Failed(pool()), "unavailable", None, Some("pool_not_allowed")),
        (Outcome::Failed(Failure::UnboundMachine), "denied", None, Some("unbound_machine")),
        (
            Outcome::Failed(damage().into()),
            "unavailable",
            Some(LogEvent::DataIntegrity),
            Some("data_damaged"),
        ),
        (Outcome::Observed(pool(), json("{}")), "observed", None, Some("pool_not_allowed")),
    ];

    for (outcome, name, event, reason) in rows {
        let told = outcome.told();
        assert_eq!((told.outcome, told.event, told.reason), (name, event, reason));
        let has_failed = matches!(outcome, Outcome::Failed(_) | Outcome::Observed(..));
        assert_eq!(outcome.failure().is_some(), has_failed, "{name}");
    }
}

#[test]
fn the_answer_is_the_event_a_changed_one_or_a_text_of_the_closed_list() {
    let answer = |outcome: Outcome| outcome.into_answer("{\"a\": 1}").map(|answer| answer.get().to_owned());

    assert_eq!(answer(Outcome::Issued(json("[1]"))).unwrap(), "[1]");
    assert_eq!(answer(Outcome::Observed(Failure::UnboundMachine, json("[2]"))).unwrap(), "[2]");
    for outcome in [Outcome::Joined, Outcome::AlreadyJoined, Outcome::Passed, Outcome::UnboundMachine] {
        assert_eq!(answer(outcome).unwrap(), "{\"a\": 1}");
    }
    assert_eq!(answer(Outcome::Failed(Failure::UnboundMachine)), Err(PublicError::WrongTenant));
    assert_eq!(Outcome::Passed.into_answer("{").err(), Some(PublicError::Unavailable), "no JSON goes back");
}

/// A finished call, in which the user was at the table, and what its log line has.
fn line(handled: &Handled) -> (Vec<String>, Vec<String>) {
    let (now, began) = (SystemTime::UNIX_EPOCH, Instant::now());
    let deadline = began + Duration::from_secs(1);
    let call = Call { event: "{}", request_id: "r-1", is_cold_start: true, now, began, deadline };
    let incoming = Incoming {
        source: Some("TokenGeneration_Authentication".to_owned()),
        pool: Some("eu-west-1_AbCdEf123".parse().unwrap()),
        sub: Some("ana".parse().unwrap()),
    };
    let costs = Costs { store_calls: 2, ..Costs::default() };
    let ended = Ended { function: "test", call: &call, incoming: &incoming, handled, costs };
    let told = handled.outcome.told();
    let properties = ended.properties(&told, told.event);
    let properties = properties.iter().filter_map(|(name, value)| Some(format!("{name}={}", (*value)?)));
    let metrics = ended.metrics().into_iter().filter(|(name, _)| *name != "DurationMs");
    let metrics = metrics.filter_map(|(name, amount)| match amount {
        Amount::Count(0) | Amount::Bytes(0) | Amount::Milliseconds(_) => None,
        Amount::Count(number) | Amount::Bytes(number) => Some(format!("{name}={number}")),
    });
    (properties.collect(), metrics.collect())
}

#[test]
fn the_log_line_says_who_what_and_why() {
    let of_request = ["requestId=r-1", "triggerSource=TokenGeneration_Authentication"];
    let of_user = ["userPoolId=eu-west-1_AbCdEf123", "sub=ana"];
    let noted = |join: JoinOutcome| Notes { join: Some(join.into()), ..Notes::default() };
    let acme = || Some("acme".parse().unwrap());
    let joined = Handled {
        tenant: acme(),
        claim_bytes: Some(321),
        notes: noted(JoinOutcome::Joined("acme".parse().unwrap())),
        is_stamp_deferred: true,
        ..Handled::from(Outcome::Joined)
    };
    let already = Handled { notes: noted(JoinOutcome::Already), ..Handled::from(Outcome::AlreadyJoined) };

    let (properties, metrics) = line(&joined);
    let expected =
        [of_request[0], "event=invite.redeemed", of_request[1], of_user[0], of_user[1], "tenantId=acme"];
    assert_eq!(properties, expected);
    let expected =
        ["Invocations=1", "StoreCalls=2", "Redeemed=1", "StampDeferred=1", "ColdStart=1", "ClaimBytes=321"];
    assert_eq!(metrics, expected);
    let (properties, metrics) = line(&already);
    assert_eq!(properties, [of_request[0], of_request[1], of_user[0], of_user[1]]);
    assert_eq!(metrics, ["Invocations=1", "StoreCalls=2", "AlreadyRedeemed=1", "ColdStart=1"]);
    let (properties, metrics) = line(&Handled::from(Failure::from(damage())));
    assert_eq!(properties[..3], [of_request[0], "event=data.integrity", "reason=data_damaged"]);
    let (name, cause) = properties[3].split_once('=').unwrap();
    assert!(name == "cause" && cause.ends_with("TENANT#acme / META: `tier` is missing"), "{cause}");
    assert_eq!(metrics, ["Invocations=1", "StoreCalls=2", "Denied=1", "ColdStart=1"]);
}
