//! The rows of `docs/failure-matrix.md` about the authorizer: what the client of an API gets, by kind of API.

use std::time::Duration;

use authorizer::LiveCheck;
use serde_json::json;
use tenancy::{MembershipStatus, TenantStatus};
use tokio::time::{Instant, sleep};

use crate::support::*;

/// Row, what is done before the call, the token, and the status at REST and HTTP APIs.
type Row = (&'static str, fn(&mut Gateway), fn() -> String, u16, u16);

fn good() -> String {
    signed(&claims())
}

fn fresh(gateway: &Gateway) -> String {
    signed(&but(claims(), json!({ "iat": gateway.now - 60, "exp": gateway.now + 300 })))
}

/// By a machine whose clock is ahead of the authorizer's.
fn early() -> String {
    signed(&but(claims(), json!({ "iat": NOW_SECONDS + 31, "exp": NOW_SECONDS + 300 })))
}

const ROWS: [Row; 19] = [
    ("no token", |_| (), String::new, 401, 403),
    ("the pool has no key of the name in the token", |_| (), || signed_as("another", &claims()), 401, 500),
    ("the token is not valid yet", |_| (), early, 401, 500),
    ("a token that is refused, for any other reason", |_| (), || "nonsense".to_owned(), 401, 403),
    (
        "a required scope is missing",
        |_| (),
        || signed(&but(claims(), json!({ "scope": "openid" }))),
        403,
        403,
    ),
    (
        "the context would have more than 8 KiB",
        |_| (),
        || signed(&but(claims(), json!({ "cognito:groups": vec!["g".repeat(120); 80] }))),
        401,
        403,
    ),
    ("the keys were never fetched, and fail", |gateway| reach(gateway, Reach::Failing), good, 500, 500),
    ("the keys were never fetched, and hang", |gateway| reach(gateway, Reach::Hanging), good, 500, 500),
    (
        "the tenant is suspended or offboarded",
        |gateway| {
            gateway.check = LiveCheck::Tenant;
            *gateway.table.tenant.lock().unwrap() = tenant(TenantStatus::Suspended);
        },
        good,
        403,
        403,
    ),
    (
        "the tenant does not exist",
        |gateway| {
            gateway.check = LiveCheck::Tenant;
            *gateway.table.tenant.lock().unwrap() = Item::Missing;
        },
        good,
        403,
        403,
    ),
    (
        "the membership is suspended, removed or missing",
        |gateway| {
            gateway.check = LiveCheck::Member;
            *gateway.table.membership.lock().unwrap() = membership(MembershipStatus::Removed);
        },
        good,
        403,
        403,
    ),
    (
        "the app client is not bound, or to another tenant",
        |gateway| {
            gateway.clients_are_bound = true;
            *gateway.table.binding.lock().unwrap() = Item::Missing;
        },
        good,
        401,
        403,
    ),
    (
        "the tenant cannot be read, and is not cached",
        |gateway| {
            gateway.check = LiveCheck::Tenant;
            *gateway.table.tenant.lock().unwrap() = Item::Silent;
        },
        good,
        500,
        500,
    ),
    (
        "the membership cannot be read",
        |gateway| {
            gateway.check = LiveCheck::Member;
            *gateway.table.membership.lock().unwrap() = Item::Silent;
        },
        good,
        500,
        500,
    ),
    (
        "the app client's binding cannot be read, and is not cached",
        |gateway| {
            gateway.clients_are_bound = true;
            *gateway.table.binding.lock().unwrap() = Item::Silent;
        },
        good,
        500,
        500,
    ),
    (
        "a damaged tenant, membership or binding",
        |gateway| {
            gateway.check = LiveCheck::Tenant;
            *gateway.table.tenant.lock().unwrap() = Item::Damaged;
        },
        good,
        500,
        500,
    ),
    (
        "the table hangs for longer than the call may take",
        |gateway| {
            gateway.check = LiveCheck::Member;
            gateway.time = Duration::from_millis(50);
            *gateway.table.membership.lock().unwrap() = Item::Hanging;
        },
        good,
        500,
        500,
    ),
    (
        "a panic",
        |gateway| {
            gateway.check = LiveCheck::Tenant;
            *gateway.table.tenant.lock().unwrap() = Item::Panicking;
        },
        good,
        500,
        500,
    ),
    ("the event is none of API Gateway's", |_| (), good, 500, 500),
];

fn reach(gateway: &mut Gateway, reach: Reach) {
    gateway.time = Duration::from_millis(100);
    *gateway.keys.0.lock().unwrap() = reach;
}

#[tokio::test]
async fn each_failure_has_its_status() {
    for (row, prepare, token, rest, http) in ROWS {
        for (case, expected) in
            [("rest-request", rest), ("websocket-connect", rest), ("http-1", http), ("http-2", http)]
        {
            let mut gateway = Gateway::with_rules(|rules| rules.scope("orders/read"));
            prepare(&mut gateway);
            let text = event(case, &token());
            let text =
                if row.starts_with("the event") { text.replace("execute-api", "lambda") } else { text };
            let concluded = gateway.conclude(&text).await;
            assert_eq!(status(&gateway.sent(&concluded)), expected, "{row}, {case}: {concluded:?}");
            let counted = ["Allowed", "Refused", "Unavailable"].map(|name| gateway.metric(&concluded, name));
            // A row of 500 at all kinds of API is a failure of ours; the others count as refused everywhere.
            assert_eq!(counted, if rest == 500 { [0, 0, 1] } else { [0, 1, 0] }, "{row}, {case}");
        }
    }
}

const DAY: u64 = 86_400;

/// The row `the keys cannot be fetched again`.
#[tokio::test]
async fn keys_that_cannot_be_fetched_again_are_used_for_a_day_and_counted() {
    let mut gateway = Gateway::new();
    let concluded = gateway.conclude(&event("http-2", &fresh(&gateway))).await;
    assert_eq!(concluded.verdict.ruling.told().outcome, "allowed");
    assert_eq!(gateway.metric(&concluded, "KeysStale"), 0);
    *gateway.keys.0.lock().unwrap() = Reach::Failing;

    for seconds in [3_700, 40_000, DAY - 1] {
        gateway.now = NOW_SECONDS + seconds;
        let concluded = gateway.conclude(&event("http-2", &fresh(&gateway))).await;
        assert_eq!(concluded.verdict.ruling.told().outcome, "allowed", "{seconds}");
        assert_eq!(gateway.metric(&concluded, "KeysStale"), 1, "{seconds}");
    }
    gateway.now = NOW_SECONDS + DAY;
    let concluded = gateway.conclude(&event("http-2", &fresh(&gateway))).await;
    assert_eq!(concluded.verdict.ruling.told().reason, Some("keys_unavailable"));

    *gateway.keys.0.lock().unwrap() = Reach::Fine;
    gateway.now = NOW_SECONDS + DAY + 60;
    let concluded = gateway.conclude(&event("http-2", &fresh(&gateway))).await;
    assert_eq!(concluded.verdict.ruling.told().outcome, "allowed");
    assert_eq!(gateway.metric(&concluded, "KeysStale"), 0);
}

/// The row `the keys hang when they are fetched again`.
#[tokio::test]
async fn keys_that_hang_delay_a_call_by_less_than_half_a_second() {
    let mut gateway = Gateway::new();
    gateway.conclude(&event("http-2", &fresh(&gateway))).await;
    *gateway.keys.0.lock().unwrap() = Reach::Hanging;
    gateway.now = NOW_SECONDS + 3_700;

    let event = event("http-2", &fresh(&gateway));
    let began = Instant::now();
    let concluded = within(HALF_A_SECOND, gateway.conclude(&event)).await.expect("it does not take longer");

    assert_eq!(concluded.verdict.ruling.told().outcome, "allowed");
    assert!(began.elapsed() >= Duration::from_millis(350), "it waits for the keys: {:?}", began.elapsed());
}

const HALF_A_SECOND: Duration = Duration::from_millis(500);

/// What the future gives, unless a timer of `limit` is due before those that the future waits for. So the order of timers
/// decides, and not the speed of the machine.
async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        output = future => Some(output),
        // This timer begins after those of the future.
        () = async { sleep(limit).await } => None,
    }
}

/// Lambda freezes the process after an answer, so a refresh that is still running then may never end.
#[tokio::test]
async fn a_refresh_of_the_keys_ends_before_the_answer() {
    let mut gateway = Gateway::new();
    gateway.conclude(&event("http-2", &fresh(&gateway))).await;
    gateway.now = NOW_SECONDS + 3_700;
    gateway.conclude(&event("http-2", &fresh(&gateway))).await;

    // If the refresh had not ended, the keys would be 24 h old here, and gone.
    *gateway.keys.0.lock().unwrap() = Reach::Failing;
    gateway.now = NOW_SECONDS + DAY + 1_800;

    assert_eq!(gateway.status("http-2", &fresh(&gateway)).await, 200);
}

#[tokio::test]
async fn a_start_waits_for_the_keys_for_less_than_half_a_second_and_goes_on_without() {
    for reach in [Reach::Fine, Reach::Failing, Reach::Hanging] {
        let gateway = Gateway::new();
        *gateway.keys.0.lock().unwrap() = reach;

        let started = within(HALF_A_SECOND, authorizer::prefetch(&gateway.verifier, at(NOW_SECONDS))).await;

        assert!(started.is_some(), "{reach:?}");
        let has_keys = matches!(reach, Reach::Fine);
        *gateway.keys.0.lock().unwrap() = Reach::Failing;
        let concluded = gateway.conclude(&event("http-2", &fresh(&gateway))).await;
        let told = if has_keys { "allowed" } else { "unavailable" };
        assert_eq!(concluded.verdict.ruling.told().outcome, told, "the first call");
    }
}

#[test]
fn every_row_is_published() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/failure-matrix.md");
    let published = std::fs::read_to_string(path).unwrap();
    let section = published.split("## A request: authorizer").nth(1).expect("a section about the authorizer");

    let text = |status: u16| match status {
        401 => "401",
        403 => "403",
        _ => "500",
    };
    for (row, _, _, rest, http) in ROWS {
        let line = format!("| {row} | {} | {} |", text(rest), text(http));
        assert!(section.contains(&line), "docs/failure-matrix.md has no row `{line}`");
    }
    for row in ["the keys cannot be fetched again", "the keys hang when they are fetched again"] {
        assert!(section.contains(&format!("| {row}")), "docs/failure-matrix.md has no row `{row}`");
    }
}
