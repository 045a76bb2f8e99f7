//! When something behind the functions fails. The rows here are those of `docs/failure-matrix.md`: every one ends in time,
//! in a success or a text of the closed list; the process lives, and the next call is healthy.

use std::fmt::Debug;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dev_stack::functions::{POST_CONFIRMATION, PRE_TOKEN_GENERATION};
use dev_stack::{EventVersion, Invocation};
use serde_json::{Value, json};

use crate::support::faults::{Fault, Proxy};
use crate::support::figures::{self, Answered};
use crate::support::{CODE, EMAIL, POOL, SUB, World, items};

/// How long Lambda lets a function run here: what takes longer than the published bound is killed, and fails its row.
const BOUND: &str = "4500";

/// More requests than any call makes.
const ALWAYS: usize = 1_000;

struct Faulty {
    world: World,
    table: Proxy,
    users: Proxy,
    /// Processes that Lambda killed because a call missed the bound.
    kills: AtomicUsize,
}

impl Faulty {
    async fn start(settings: &[(&str, &str)]) -> Self {
        let world = World::start().await;
        let endpoints = world.stack.endpoints();
        let (table, users) =
            (Proxy::before(&endpoints.dynamodb).await, Proxy::before(&endpoints.cognito).await);
        let mut all = vec![
            ("AWS_ENDPOINT_URL_DYNAMODB", table.url.as_str()),
            ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", users.url.as_str()),
            ("TEST_TIMEOUT_MS", BOUND),
        ];
        all.extend(settings);
        world.configure(&all).await;
        world.put(items::tenant("acme")).await;
        Self { world, table, users, kills: AtomicUsize::default() }
    }

    /// The answer to an event.
    async fn answered(&self, function: &str, event: String) -> Answered {
        let answered = self.world.timed(function, event).await;
        if matches!(answered.invocation, Invocation::TimedOut(_)) {
            self.kills.fetch_add(1, Ordering::Relaxed);
        }
        answered
    }

    /// What an event is told: `ok`, or the code of the error.
    async fn told(&self, function: &str, event: String) -> String {
        told(&self.answered(function, event).await.invocation)
    }

    /// Of the last failure.
    fn requests(&self) -> usize {
        self.table.seen().len() + self.users.seen().len()
    }

    /// One process, that of the first event, has served all, unless a call missed the bound.
    fn assert_one_process(&self, function: &str) {
        assert_eq!(
            self.world.stack.lambda().cold_starts(function).unwrap(),
            1 + self.kills.load(Ordering::Relaxed),
            "{function} was started anew"
        );
    }
}

/// A row that was played: what it ended with, and what is printed of it.
struct Play<T> {
    ended: T,
    /// Of the call that met the failure, and of the next one.
    told: [String; 2],
    /// Something that should be written is not, as when a call runs out of time.
    is_unwritten: bool,
    answered: Answered,
    requests: usize,
}

/// Plays a row. If it looks like a machine that stood still for as long as the attempts of a call may take, it is played again,
/// twice at most: a call missed the bound, one that should succeed was told `UNAVAILABLE`, or something was not written. Any other end
/// counts.
async fn played<T: Debug + PartialEq>(
    function: &str,
    row: &str,
    (told, published): (&str, T),
    play: impl AsyncFn(usize) -> Play<T>,
) {
    let is_slow = |play: &Play<T>| {
        let other =
            |told: &str, published: &str| told != published && [OVERDUE, "UNAVAILABLE"].contains(&told);
        play.is_unwritten || other(&play.told[0], told) || other(&play.told[1], "ok")
    };
    let mut played = play(0).await;
    for number in 1..3 {
        if is_slow(&played) {
            played = play(number).await;
        }
    }
    let Play { ended, told: [_, next], answered, requests, .. } = &played;
    assert_eq!(*ended, published, "{row}");
    figures::fault(function, row, (answered.took, *requests), answered.text(), next);
}

fn sign_in() -> String {
    json!({
        "version": "2", "triggerSource": "TokenGeneration_Authentication", "region": "eu-west-1", "userPoolId": POOL,
        "userName": SUB, "callerContext": { "awsSdkVersion": "3", "clientId": "client1" },
        "request": {
            "userAttributes": { "sub": SUB, "email": EMAIL, "email_verified": "true", "custom:tenantId": "acme" },
            "groupConfiguration": { "groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": null },
            "scopes": [],
        },
        "response": { "claimsAndScopeOverrideDetails": null },
    })
    .to_string()
}

/// An event without an app client, of which no binding is read.
fn without_client() -> String {
    sign_in().replace("\"clientId\":\"client1\",", "").replace(",\"clientId\":\"client1\"", "")
}

fn confirmation(pool: &str, sub: &str) -> String {
    json!({
        "version": "1", "triggerSource": "PostConfirmation_ConfirmSignUp", "region": "eu-west-1", "userPoolId": pool,
        "userName": sub, "callerContext": { "awsSdkVersion": "3", "clientId": "client1" },
        "request": {
            "userAttributes": { "sub": sub, "email": EMAIL, "email_verified": "true" },
            "clientMetadata": { "inviteCode": CODE },
        },
        "response": {},
    })
    .to_string()
}

/// What [`told`] says of a call that Lambda ended.
const OVERDUE: &str = "took longer than the bound";

/// `ok`, or the code of the error.
fn told(invocation: &Invocation) -> String {
    match invocation {
        Invocation::Ok(_) => "ok".to_owned(),
        Invocation::FunctionError(error) => error.error_type.clone(),
        Invocation::TimedOut(_) => OVERDUE.to_owned(),
        Invocation::Exited(_) => "the process died".to_owned(),
    }
}

/// What the table of sign-ins says: row, fault, how often, outcome.
pub(crate) const SIGN_IN: [(&str, Fault, usize, &str); 17] = [
    ("the table answers 500, once", Fault::INTERNAL, 1, "ok"),
    ("the table answers 500, twice", Fault::INTERNAL, 2, "ok"),
    ("the table answers 500, always", Fault::INTERNAL, ALWAYS, "UNAVAILABLE"),
    ("the table throttles, once", Fault::THROTTLED, 1, "ok"),
    ("the table throttles, twice", Fault::THROTTLED, 2, "ok"),
    ("the table throttles, always", Fault::THROTTLED, ALWAYS, "UNAVAILABLE"),
    ("the connection is reset, once", Fault::Reset, 1, "ok"),
    ("the connection is reset, twice", Fault::Reset, 2, "ok"),
    ("the connection is reset, always", Fault::Reset, ALWAYS, "UNAVAILABLE"),
    ("the table hangs, once", Fault::Hang, 1, "ok"),
    ("the table hangs, twice", Fault::Hang, 2, "ok"),
    ("the table hangs, always", Fault::Hang, ALWAYS, "UNAVAILABLE"),
    (
        "the table answers after 1.5 s, always",
        Fault::Late(Duration::from_millis(1_500)),
        ALWAYS,
        "UNAVAILABLE",
    ),
    ("the table answers with garbage, once", Fault::GARBAGE, 1, "ok"),
    ("the table answers with garbage, twice", Fault::GARBAGE, 2, "ok"),
    ("the table answers with garbage, always", Fault::GARBAGE, ALWAYS, "UNAVAILABLE"),
    ("the table refuses (access denied)", Fault::NOT_ALLOWED, ALWAYS, "UNAVAILABLE"),
];

#[tokio::test]
async fn a_sign_in_survives_two_failures_and_ends_in_time_in_any() {
    let faulty = Faulty::start(&[]).await;
    faulty.world.put(items::member(POOL, SUB, "acme", &["admin"])).await;
    assert_eq!(told(&faulty.world.invoke(PRE_TOKEN_GENERATION, sign_in()).await), "ok", "healthy at first");

    for (row, fault, times, expected) in SIGN_IN {
        let published = [expected, "ok"].map(str::to_owned);
        played(PRE_TOKEN_GENERATION, row, (expected, published), async |_| {
            // Of one kind of read, so that the reads made at the same time do not share the failures.
            faulty.table.spoil("Query", fault, times);
            let answered = faulty.answered(PRE_TOKEN_GENERATION, sign_in()).await;
            let requests = faulty.requests();
            faulty.table.heal();
            let next = faulty.told(PRE_TOKEN_GENERATION, sign_in()).await;
            let told = [told(&answered.invocation), next];
            Play { ended: told.clone(), told, is_unwritten: false, answered, requests }
        })
        .await;
    }

    faulty.assert_one_process(PRE_TOKEN_GENERATION);
}

/// What the table of redemptions says: row, operation, fault, how often, outcome, members afterwards.
const REDEMPTION: [(&str, &str, Fault, usize, &str, usize); 12] = [
    ("a redemption collides, once", "TransactWriteItems", Fault::CONFLICT, 1, "ok", 1),
    ("a redemption collides, twice", "TransactWriteItems", Fault::CONFLICT, 2, "ok", 1),
    ("a redemption collides, always", "TransactWriteItems", Fault::CONFLICT, ALWAYS, "UNAVAILABLE", 0),
    ("the write answers 500, twice", "TransactWriteItems", Fault::INTERNAL, 2, "ok", 1),
    ("the write answers 500, always", "TransactWriteItems", Fault::INTERNAL, ALWAYS, "UNAVAILABLE", 0),
    ("the write hangs, always", "TransactWriteItems", Fault::Hang, ALWAYS, "UNAVAILABLE", 0),
    ("the write is done and its answer is lost, once", "TransactWriteItems", Fault::LoseAnswer, 1, "ok", 1),
    (
        "the write is done and its answer is lost, always",
        "TransactWriteItems",
        Fault::LoseAnswer,
        ALWAYS,
        "UNAVAILABLE",
        1,
    ),
    ("the read of an invite answers 500, twice", "GetItem", Fault::INTERNAL, 2, "ok", 1),
    ("the read of an invite answers 500, always", "GetItem", Fault::INTERNAL, ALWAYS, "UNAVAILABLE", 0),
    ("the read of the user hangs, always", "Query", Fault::Hang, ALWAYS, "UNAVAILABLE", 0),
    (
        "the table refuses the write (access denied)",
        "TransactWriteItems",
        Fault::NOT_ALLOWED,
        ALWAYS,
        "UNAVAILABLE",
        0,
    ),
];

#[tokio::test]
async fn a_redemption_is_done_once_or_not_at_all_and_can_be_repeated() {
    let faulty = Faulty::start(&[]).await;

    for (number, row) in REDEMPTION.into_iter().enumerate() {
        let (row, operation, fault, times, expected, members_published) = row;
        // The outcome, the members then, and the same after the call is repeated.
        let published = (expected.to_owned(), members_published, "ok".to_owned(), 1);
        played(POST_CONFIRMATION, row, (expected, published), async |again| {
            let sub = format!("user-{number}-{again}");
            let members = async || faulty.world.count(&format!("USER#{POOL}#{sub}"), "TENANT#").await;
            faulty.world.put(items::invite(CODE, "acme", &["viewer"], 1)).await;
            faulty.users.heal();
            faulty.table.spoil(operation, fault, times);
            let answered = faulty.answered(POST_CONFIRMATION, confirmation(POOL, &sub)).await;
            let (requests, members_then) = (faulty.requests(), members().await);
            faulty.table.heal();
            let second = faulty.told(POST_CONFIRMATION, confirmation(POOL, &sub)).await;
            let first = told(&answered.invocation);
            let ended = (first.clone(), members_then, second.clone(), members().await);
            let is_unwritten = members_then < members_published || ended.3 < 1;
            Play { ended, told: [first, second], is_unwritten, answered, requests }
        })
        .await;
        let invite = faulty.world.item(&format!("INVITE#{}", items::hash(CODE)), "META").await.unwrap();
        assert_eq!(invite["uses"], 1, "one use, {row}");
    }

    faulty.assert_one_process(POST_CONFIRMATION);
}

/// What the table of stamps says: row, fault, how often, state of the stamp afterwards.
const STAMP: [(&str, Fault, usize, &str); 9] = [
    ("Cognito throttles the stamp, once", Fault::TOO_MANY_REQUESTS, 1, "done"),
    ("Cognito throttles the stamp, twice", Fault::TOO_MANY_REQUESTS, 2, "done"),
    ("Cognito throttles the stamp, always", Fault::TOO_MANY_REQUESTS, ALWAYS, "pending"),
    ("Cognito answers the stamp with 500, always", Fault::INTERNAL, ALWAYS, "pending"),
    ("Cognito hangs at the stamp, once", Fault::Hang, 1, "done"),
    ("Cognito hangs at the stamp, always", Fault::Hang, ALWAYS, "pending"),
    ("Cognito resets the connection at the stamp, always", Fault::Reset, ALWAYS, "pending"),
    ("Cognito answers the stamp with garbage, always", Fault::GARBAGE, ALWAYS, "pending"),
    ("Cognito does not allow the stamp", Fault::NOT_ALLOWED, ALWAYS, "pending"),
];

#[tokio::test]
async fn a_stamp_that_fails_is_deferred_and_the_user_is_whole() {
    let faulty = Faulty::start(&[]).await;
    let (calls, deferred) = (AtomicUsize::new(0), AtomicUsize::new(0));

    for (row, fault, times, expected) in STAMP {
        // The outcome and the stamp, and the same after the call is repeated.
        let published = [("ok", expected), ("ok", "done")];
        let published = published.map(|(told, stamp)| (told.to_owned(), json!(stamp)));
        played(POST_CONFIRMATION, row, ("ok", published), async |_| {
            let pool = faulty.world.user_pool(EventVersion::V2);
            let sub = pool.sign_up(EMAIL).await;
            let confirmed = async || {
                let answered = faulty.answered(POST_CONFIRMATION, confirmation(&pool.id, &sub)).await;
                let (told, requests) = (told(&answered.invocation), faulty.requests());
                let member = faulty.world.item(&format!("USER#{}#{sub}", pool.id), "TENANT#acme").await;
                let stamp = member.map_or(Value::Null, |member| member["stamp"].clone());
                calls.fetch_add(usize::from(told != OVERDUE), Ordering::Relaxed);
                deferred.fetch_add(usize::from(told == "ok" && stamp == "pending"), Ordering::Relaxed);
                (answered, requests, (told, stamp))
            };
            faulty.world.put(items::invite(CODE, "acme", &["viewer"], 1)).await;
            faulty.table.heal();
            faulty.users.spoil("AdminUpdateUserAttributes", fault, times);
            let (answered, requests, first) = confirmed().await;
            faulty.users.heal();
            let (_, _, second) = confirmed().await;
            let told = [first.0.clone(), second.0.clone()];
            let is_unwritten = expected == "done" && first.1 == "pending" || second.1 == "pending";
            Play { ended: [first, second], told, is_unwritten, answered, requests }
        })
        .await;
    }

    let reports = faulty.world.reports(POST_CONFIRMATION, calls.into_inner()).await;
    let counted: u64 = reports.iter().map(|report| report["StampDeferred"].as_u64().unwrap()).sum();
    assert_eq!(counted, deferred.into_inner() as u64, "each deferral is counted");
    faulty.assert_one_process(POST_CONFIRMATION);
}

#[tokio::test]
async fn a_tenant_last_seen_active_is_served_while_its_record_cannot_be_read() {
    let faulty = Faulty::start(&[("TENANT_CACHE_SECONDS", "1"), ("TENANT_STALE_SECONDS", "600")]).await;
    faulty.world.put(items::member(POOL, SUB, "acme", &["admin"])).await;
    assert_eq!(told(&faulty.world.invoke(PRE_TOKEN_GENERATION, without_client()).await), "ok");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    // Of single items only: the tenant's record cannot be read, the memberships can.
    faulty.table.spoil("GetItem", Fault::INTERNAL, ALWAYS);

    let outcome = faulty.world.invoke(PRE_TOKEN_GENERATION, without_client()).await;

    assert_eq!(told(&outcome), "ok");
    let report = faulty.world.reports(PRE_TOKEN_GENERATION, 2).await.remove(1);
    assert_eq!((&report["StaleServed"], &report["tenantId"]), (&json!(1), &json!("acme")));
}

#[tokio::test]
async fn no_failure_leaves_a_trace_of_what_was_sent() {
    let faulty = Faulty::start(&[]).await;
    faulty.world.put(items::member(POOL, SUB, "acme", &["admin"])).await;
    for fault in [Fault::NOT_ALLOWED, Fault::GARBAGE, Fault::INTERNAL] {
        faulty.table.spoil("", fault, ALWAYS);
        let outcome = faulty.world.invoke(PRE_TOKEN_GENERATION, sign_in()).await;
        assert_eq!(told(&outcome), "UNAVAILABLE", "{fault:?}");
    }

    let reports = faulty.world.reports(PRE_TOKEN_GENERATION, 3).await;
    let causes: Vec<&str> = reports.iter().map(|report| report["cause"].as_str().unwrap()).collect();
    assert_eq!(
        causes,
        [
            "could not read a user: refused by the service: AccessDeniedException",
            "could not read a user: the answer could not be read",
            "could not read a user: refused by the service: InternalServerError",
        ]
    );
    let lines = faulty.world.stack.lambda().logs(PRE_TOKEN_GENERATION).unwrap().join("\n");
    assert!(!lines.contains(EMAIL), "{lines}");
}

#[tokio::test]
async fn another_write_that_has_the_membership_does_not_defer_the_stamp() {
    let faulty = Faulty::start(&[]).await;
    let pool = faulty.world.user_pool(EventVersion::V2);
    let sub = pool.sign_up(EMAIL).await;
    faulty.world.put(items::invite(CODE, "acme", &["viewer"], 1)).await;
    // The first is the redemption, the second the note of the stamp.
    faulty.table.pass_and_spoil("TransactWriteItems", Fault::CONFLICT, 2);

    let outcome = faulty.world.invoke(POST_CONFIRMATION, confirmation(&pool.id, &sub)).await;

    assert_eq!(told(&outcome), "ok");
    let member = faulty.world.item(&format!("USER#{}#{sub}", pool.id), "TENANT#acme").await.unwrap();
    assert_eq!(member["stamp"], "done");
}

#[tokio::test]
async fn an_invite_of_the_address_is_redeemed_once_or_not_at_all() {
    let faulty = Faulty::start(&[]).await;
    let newer = "inv_ZZZZZZZZZZZZZZZZZZZZZZZZZZ";
    faulty.world.put(items::tenant("globex")).await;
    faulty.world.put_all(items::invite_of(EMAIL, CODE, "acme", &["viewer"], 1_700_000_000)).await;
    faulty.world.put_all(items::invite_of(EMAIL, newer, "globex", &["viewer"], 1_700_000_001)).await;
    let by_address = without_client().replace(",\"custom:tenantId\":\"acme\"", "");
    for operation in ["GetItem", "TransactWriteItems"] {
        faulty.table.spoil(operation, Fault::INTERNAL, ALWAYS);
        assert_eq!(
            told(&faulty.world.invoke(PRE_TOKEN_GENERATION, &by_address).await),
            "UNAVAILABLE",
            "{operation}"
        );
        assert_eq!(faulty.world.count("USER#", "").await, 0, "{operation}");
    }

    faulty.table.heal();
    for _ in 0..2 {
        assert_eq!(told(&faulty.world.invoke(PRE_TOKEN_GENERATION, &by_address).await), "ok");
    }

    assert_eq!(faulty.world.count("USER#", "TENANT#").await, 1, "one invite, also by the next sign-in");
    let profile = faulty.world.item(&format!("USER#{POOL}#{SUB}"), "PROFILE").await.unwrap();
    assert_eq!(profile["defaultTid"], "acme", "the oldest invite's tenant");
    assert_eq!(faulty.world.count("EMAIL#", "TENANT#globex").await, 1, "the other stays open");
}

#[tokio::test]
async fn failures_of_reads_made_at_the_same_time_do_not_use_the_retries_up() {
    let faulty = Faulty::start(&[]).await;
    faulty.world.put(items::member(POOL, SUB, "acme", &["admin"])).await;

    faulty.table.spoil_first_attempts(Fault::Reset);
    for number in 0..120 {
        let outcome = faulty.world.invoke(PRE_TOKEN_GENERATION, sign_in()).await;
        assert_eq!(told(&outcome), "ok", "sign-in {number}");
    }
    let requests = faulty.table.seen().len();
    assert!(requests >= 120 * 3 * 2, "each of the three reads was made twice: {requests}");
}

#[tokio::test]
async fn soon_after_an_outage_two_failures_are_unseen_again() {
    let faulty = Faulty::start(&[]).await;
    faulty.world.put(items::member(POOL, SUB, "acme", &["admin"])).await;
    faulty.table.spoil("", Fault::INTERNAL, 100_000);
    for _ in 0..60 {
        assert_eq!(told(&faulty.world.invoke(PRE_TOKEN_GENERATION, sign_in()).await), "UNAVAILABLE");
    }

    faulty.table.heal();
    for _ in 0..5 {
        assert_eq!(told(&faulty.world.invoke(PRE_TOKEN_GENERATION, sign_in()).await), "ok");
    }
    faulty.table.spoil("Query", Fault::INTERNAL, 2);

    assert_eq!(told(&faulty.world.invoke(PRE_TOKEN_GENERATION, sign_in()).await), "ok");
}

#[tokio::test]
async fn two_thousand_open_invites_do_not_keep_an_address_out() {
    // Without the bound: the address must get in, and the machine may be busy.
    let faulty = Faulty::start(&[("TEST_TIMEOUT_MS", "20000")]).await;
    let flood = (0..2_000_u64).flat_map(|number| {
        let tenant = format!("tenant-{number}");
        // Crockford's alphabet has the digits.
        let code = format!("inv_{number:0>26}");
        let [invite, pointer] = items::invite_of(EMAIL, &code, &tenant, &["viewer"], 1_700_002_000 - number);
        // Of the newer ones nothing but the pointer is ever read.
        let read = (number >= 1_950).then(|| [items::tenant(&tenant), invite]);
        [pointer].into_iter().chain(read.into_iter().flatten())
    });
    faulty.world.put_all(flood).await;
    let confirm = confirmation(POOL, SUB).replace(CODE, "");
    let (mut outcome, mut before) = (String::new(), 0);

    // A user whom a busy machine keeps out tries again.
    for _ in 0..60 {
        if outcome != "ok" {
            faulty.table.heal();
            before = faulty.table.connections();
            outcome = faulty.told(POST_CONFIRMATION, confirm.clone()).await;
        }
    }

    assert_eq!(outcome, "ok");
    assert!(
        faulty.world.item(&format!("USER#{POOL}#{SUB}"), "TENANT#tenant-1999").await.is_some(),
        "the oldest"
    );
    assert_eq!(faulty.world.count("USER#", "TENANT#").await, 1);
    let opened = faulty.table.connections() - before;
    // An attempt that took too long has lost its connection.
    let repeated = faulty.table.repeated();
    assert!(opened <= 8 + repeated, "{opened} connections, {repeated} repeated attempts");
}

#[tokio::test]
async fn a_default_tenant_that_cannot_be_moved_does_not_fail_the_sign_in() {
    let faulty = Faulty::start(&[]).await;
    faulty.world.put(items::but(items::member(POOL, SUB, "gone", &[]), json!({ "status": "removed" }))).await;
    faulty.world.put(items::member(POOL, SUB, "acme", &[])).await;
    faulty.world.put(items::profile(POOL, SUB, "gone")).await;

    for fault in [Fault::INTERNAL, Fault::Hang, Fault::NOT_ALLOWED] {
        faulty.table.spoil("TransactWriteItems", fault, ALWAYS);
        assert_eq!(told(&faulty.world.invoke(PRE_TOKEN_GENERATION, sign_in()).await), "ok", "{fault:?}");
    }

    let profile = faulty.world.item(&format!("USER#{POOL}#{SUB}"), "PROFILE").await.unwrap();
    assert_eq!(profile["defaultTid"], "gone");
    let lines = faulty.world.stack.lambda().logs(PRE_TOKEN_GENERATION).unwrap();
    let logged = lines.iter().filter(|line| line.contains("the default tenant was not moved")).count();
    assert_eq!(logged, 3, "{lines:?}");
}

#[test]
fn every_row_is_published() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/failure-matrix.md");
    let published = std::fs::read_to_string(path).unwrap();
    let rows =
        SIGN_IN.map(|row| row.0).into_iter().chain(REDEMPTION.map(|row| row.0)).chain(STAMP.map(|row| row.0));

    for row in rows {
        assert!(published.contains(&format!("| {row} |")), "docs/failure-matrix.md has no row `{row}`");
    }
}

#[tokio::test]
async fn a_failing_table_costs_no_more_than_three_attempts() {
    let faulty = Faulty::start(&[]).await;
    faulty.world.put(items::member(POOL, SUB, "acme", &["admin"])).await;
    assert_eq!(told(&faulty.world.invoke(PRE_TOKEN_GENERATION, sign_in()).await), "ok");
    faulty.table.spoil("", Fault::INTERNAL, ALWAYS);

    faulty.world.invoke(PRE_TOKEN_GENERATION, sign_in()).await;

    let queries = faulty.table.seen().iter().filter(|operation| *operation == "Query").count();
    assert_eq!(queries, 3, "{:?}", faulty.table.seen());
    let value: Value = faulty.world.reports(PRE_TOKEN_GENERATION, 2).await.remove(1);
    assert_eq!(value["reason"], "store_unavailable");
}
