use serde_json::json;

use super::*;
use crate::schedules::table::Table;
use crate::schedules::watch::Writer;

const FUNCTION: &str = "pre-token-generation";

fn member(status: &str) -> Value {
    json!({ "status": status, "roles": ["acme-viewer"], "tid": "acme" })
}

fn tenant(status: &str) -> Value {
    json!({ "status": status, "tier": "pro", "tid": "acme" })
}

/// Ana, a member of `acme`; what an operator writes after 10 s.
fn watch(written: Option<((String, String), Value)>) -> Watch {
    let items = [(member_key("ana", "acme"), member("active")), (tenant_key("acme"), tenant("active"))];
    let mut watch = Watch::of_table(&items.into_iter().collect::<Table>(), STALE);
    let written = written.map(|(key, item)| (key, Some(item))).into_iter().collect();
    watch.wrote_by(&Writer { user: None, now: 0, began: 0 }, seconds(10), written);
    watch
}

fn claims() -> Claims {
    let token = json!({
        "tenant_id": "acme", "tenant_tier": "pro", "tenant_roles": ["acme-viewer"],
        "cognito:groups": ["acme-viewer"],
    });
    Claims::of_token(&token).unwrap()
}

fn ana() -> Wish {
    Wish { sub: "ana".to_owned(), email: "ana@example.com".to_owned(), ..Wish::default() }
}

fn judged<T>(
    watch: &Watch,
    weather: &Weather,
    (from, until): (u64, u64),
    judge: impl FnOnce(&Judge<'_>) -> T,
) -> T {
    let (from, until) = (seconds(from), seconds(until));
    judge(&Judge { function: FUNCTION, from, until, watch, weather })
}

fn token(watch: &Watch, wish: &Wish, claims: &Claims, call: (u64, u64)) -> Result<(), String> {
    judged(watch, &Weather::of(1, 0), call, |judge| judge.token(wish, claims))
}

#[test]
fn a_token_must_be_true_in_each_part() {
    let set = |names: [&str; 1]| names.map(str::to_owned).into();
    let other = || "globex".to_owned();
    let rows = [
        ("without an active membership", ana(), Claims { tenant: other(), ..claims() }),
        ("without an active membership", Wish { sub: "ben".to_owned(), ..ana() }, claims()),
        ("roles that the member did not have", ana(), Claims { roles: set(["acme-admin"]), ..claims() }),
        ("a token of acme with globex-admins", ana(), Claims { groups: set(["globex-admins"]), ..claims() }),
        ("not active, or not free", ana(), Claims { tier: "free".to_owned(), ..claims() }),
        ("was asked for", Wish { tenant: Some(other()), ..ana() }, claims()),
    ];

    assert_eq!(token(&watch(None), &ana(), &claims(), (1, 2)), Ok(()));
    for (told, wish, claims) in rows {
        let fault = token(&watch(None), &wish, &claims, (1, 2)).unwrap_err();
        assert!(fault.contains(told), "{told}: {fault}");
    }
}

#[test]
fn a_change_counts_from_its_moment_and_one_of_a_tenant_from_the_end_of_the_cache() {
    let suspended = watch(Some((member_key("ana", "acme"), member("suspended"))));
    let paused = watch(Some((tenant_key("acme"), tenant("suspended"))));

    let calls = [(&suspended, (9, 11), true), (&suspended, (11, 12), false), (&paused, (39, 40), true)];
    for (watch, call, is_right) in calls.into_iter().chain([(&paused, (41, 42), false)]) {
        assert_eq!(token(watch, &ana(), &claims(), call).is_ok(), is_right, "{call:?}");
    }
    let refused = |watch: &Watch, call| {
        judged(watch, &Weather::of(1, 0), call, |judge| judge.refusal(&ana(), "SUSPENDED").is_ok())
    };
    assert!(!refused(&suspended, (1, 2)) && refused(&suspended, (9, 11)) && refused(&paused, (11, 12)));
}

#[test]
fn only_a_fault_of_the_same_call_explains_that_sign_in_is_not_available() {
    let invite = json!({ "email": "ana@example.com", "tid": "acme" });
    let (table, weather) = (watch(Some((key("INVITE#1", "META"), invite))), Weather::of(1, seconds(60)));
    let strike = |keyed: &str, from: Tick| {
        let body = format!("{{\"pk\":{{\"S\":\"{keyed}\"}}}}");
        let mut ticks = (0..60_000).map(|millisecond| from + millisecond * 1_000);
        ticks.find(|tick| weather.strike(*tick, FUNCTION, "Query", &body).is_some()).unwrap()
    };
    let struck = strike(&format!("USER#{HERE}#ana"), 0);
    let of_invite = strike("INVITE#1", struck + 10);

    let explained = |wish: &Wish, from, until| {
        let judge = Judge { function: FUNCTION, from, until, watch: &table, weather: &weather };
        judge.refusal(wish, "UNAVAILABLE").is_ok()
    };

    assert!(explained(&ana(), struck - 1, struck + 1));
    assert!(!explained(&ana(), struck + 1, struck + 2), "it was before");
    let ben = Wish { sub: "ben".to_owned(), email: "ben@example.com".to_owned(), ..ana() };
    assert!(!explained(&ben, struck - 1, struck + 1), "it was another user's");
    let of_invite = (of_invite - 1, of_invite + 1);
    assert!(explained(&ana(), of_invite.0, of_invite.1), "the invite is for the address");
    assert!(!explained(&ben, of_invite.0, of_invite.1));
    assert!(weather.was_quiet(0, seconds(2)) && !weather.was_quiet(struck, struck));
}

#[test]
fn a_user_must_choose_only_after_the_default_tenant_was_lost_and_if_another_is_open() {
    let globex =
        || [(member_key("ana", "globex"), member("active")), (tenant_key("globex"), tenant("active"))];
    let table = |status: &str, others: &[((String, String), Value)]| {
        let items = [
            (member_key("ana", "acme"), member(status)),
            (tenant_key("acme"), tenant("active")),
            (profile_key("ana"), json!({ "defaultTid": "acme" })),
        ];
        Watch::of_table(&items.into_iter().chain(others.iter().cloned()).collect::<Table>(), STALE)
    };
    let refresh = || Wish { is_refresh: true, ..ana() };
    let asked = Wish { tenant: Some("acme".to_owned()), ..refresh() };
    let rows = [
        (table("removed", &globex()), refresh(), true),
        (table("removed", &[]), refresh(), false),
        (table("suspended", &globex()), refresh(), false),
        (table("active", &globex()), refresh(), false),
        (table("removed", &globex()), ana(), false),
        (table("removed", &globex()), asked, false),
    ];

    for (number, (watch, wish, is_right)) in rows.into_iter().enumerate() {
        let weather = Weather::of(1, 0);
        let judged = judged(&watch, &weather, (1, 2), |judge| judge.refusal(&wish, "CHOOSE_TENANT").is_ok());
        assert_eq!(judged, is_right, "row {number}");
    }
}
