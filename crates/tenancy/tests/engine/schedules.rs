//! Overlapping calls, in every order that a seed produces: Cognito repeats a call that took too long, and people click twice.

use std::pin::Pin;

use tenancy::join::JoinOutcome;
use tenancy::{InviteStatus, MembershipStatus, TenantStatus};

use crate::fake::{Event, NOW, Store, code, overlapping, run};

const SEEDS: u64 = 1_500;

fn acme() -> Store {
    Store::default().tenant("acme", TenantStatus::Active).tenant("globex", TenantStatus::Active)
}

#[test]
fn overlapping_confirmations_of_one_user_all_succeed_and_use_an_invite_once() {
    let by_code = || Event::of("ana").code(code(1));
    let by_address = || Event::of("ana");
    let by_provider = || Event::of("ana").federated();
    for seed in 0..SEEDS {
        let calls = usize::try_from(seed % 3 + 2).unwrap();
        for (way, event, invites) in
            [("code", by_code(), 1), ("address", by_address(), 1), ("provider", by_provider(), 0)]
        {
            let store = acme().invite(&code(1), "acme", 10, 1).binding(true, false);

            let joined = overlapping((0..calls).map(|_| event.confirm(&store)), seed);

            for joined in joined {
                let redemption = joined.unwrap().join.outcome;
                assert!(!matches!(redemption, JoinOutcome::Refused(_)), "{way}, seed {seed}: {redemption:?}");
            }
            assert_eq!((store.tenants_of("ana"), store.uses(&code(1))), (vec!["acme".to_owned()], invites));
        }
    }
}

#[test]
fn overlapping_calls_with_an_old_code_all_end_in_the_new_invite() {
    for seed in 0..SEEDS {
        let store = acme().invite(&code(1), "acme", 20, 1);
        store.tables().pointers.clear();
        let store = store.change(&code(1), |invite| invite.status = InviteStatus::Revoked).invite(
            &code(2),
            "acme",
            10,
            1,
        );
        let event = Event::of("ana").code(code(1));

        for joined in overlapping((0..3).map(|_| event.confirm(&store)), seed) {
            let redemption = joined.unwrap().join.outcome;
            assert!(!matches!(redemption, JoinOutcome::Refused(_)), "seed {seed}: {redemption:?}");
        }
        assert_eq!((store.tenants_of("ana"), store.uses(&code(2))), (vec!["acme".to_owned()], 1));
    }
}

#[test]
fn overlapping_sign_ins_of_one_user_all_get_a_token() {
    for seed in 0..SEEDS {
        let calls = usize::try_from(seed % 3 + 2).unwrap();
        for event in [Event::of("ana").code(code(1)), Event::of("ana"), Event::of("ana").federated()] {
            let store = acme().invite(&code(1), "acme", 10, 1).binding(true, true);

            let tokens = overlapping((0..calls).map(|_| event.token(&store)), seed);

            assert!(tokens.iter().all(|token| token.as_deref() == Ok("acme")), "seed {seed}: {tokens:?}");
            assert_eq!(store.tenants_of("ana"), ["acme"]);
        }
    }
}

#[test]
fn a_confirmation_and_a_sign_in_at_once_join_one_tenant_of_two_that_invite() {
    for seed in 0..SEEDS {
        let store = acme().invite(&code(1), "acme", 20, 1).invite(&code(2), "globex", 10, 1);
        let event = Event::of("ana");
        let confirmed = async {
            event.confirm(&store).await.unwrap();
            String::new()
        };
        let signed_in = async { event.token(&store).await.unwrap() };

        let calls: [Pin<Box<dyn Future<Output = String>>>; 2] = [Box::pin(confirmed), Box::pin(signed_in)];
        let ended = overlapping(calls, seed);

        assert_eq!(ended[1], "acme", "seed {seed}");
        assert_eq!(store.tenants_of("ana"), ["acme"], "seed {seed}: only the oldest invite");
        assert_eq!(store.uses(&code(2)), 0);
    }
}

#[test]
fn who_joins_elsewhere_meanwhile_uses_no_second_invite_of_the_address() {
    for seed in 0..SEEDS {
        let store = acme()
            .tenant("closed", TenantStatus::Offboarded)
            .member("ana", "closed", MembershipStatus::Active)
            .tenant("initech", TenantStatus::Active)
            .invite(&code(3), "globex", 30, 1)
            .change(&code(3), |invite| invite.email = None);
        store.tables().pointers.clear();
        let store = store.invite(&code(1), "acme", 20, 1).invite(&code(2), "initech", 10, 1);
        let events = [Event::of("ana"), Event::of("ana").code(code(3))];

        let ended = overlapping(events.iter().map(|event| event.confirm(&store)), seed);

        assert!(ended.iter().all(Result::is_ok), "seed {seed}: {ended:?}");
        assert_eq!((store.uses(&code(2)), store.uses(&code(3))), (0, 1), "seed {seed}");
    }
}

#[test]
fn of_two_users_of_a_single_use_invite_exactly_one_joins() {
    for seed in 0..SEEDS {
        let store = acme().invite(&code(1), "acme", 10, 1).change(&code(1), |invite| invite.email = None);
        let users = ["ana", "ben", "ana", "ben"].map(|sub| Event::of(sub).code(code(1)));

        let outcomes = overlapping(users.iter().map(|event| event.confirm(&store)), seed);

        let refused: Vec<bool> = outcomes
            .into_iter()
            .map(|joined| matches!(joined.unwrap().join.outcome, JoinOutcome::Refused(_)))
            .collect();
        assert_eq!(refused[0], refused[2], "seed {seed}: a user's calls end alike");
        assert_eq!(refused[1], refused[3], "seed {seed}: a user's calls end alike");
        assert_ne!(refused[0], refused[1], "seed {seed}");
        assert_eq!(store.uses(&code(1)), 1);
    }
}

#[test]
fn an_invite_that_is_revoked_meanwhile_is_redeemed_or_refused_and_nothing_between() {
    for seed in 0..SEEDS {
        let store = acme().invite(&code(1), "acme", 10, 1);
        let event = Event::of("ana").code(code(1));
        let redeemed = async { event.confirm(&store).await.unwrap().join.outcome };
        let revoked = async {
            let _ = tenancy::ports::Records::tenant(&store.0, &"acme".parse().unwrap()).await;
            store.tables().invites.get_mut(&code(1).hash()).unwrap().status = InviteStatus::Revoked;
            JoinOutcome::Already
        };

        let calls: [Pin<Box<dyn Future<Output = JoinOutcome>>>; 2] = [Box::pin(redeemed), Box::pin(revoked)];
        let outcome = overlapping(calls, seed).remove(0);

        let is_member = store.tenants_of("ana") == ["acme"];
        assert_eq!(outcome == JoinOutcome::Joined("acme".parse().unwrap()), is_member, "seed {seed}");
        assert_eq!(store.uses(&code(1)), u64::from(is_member), "seed {seed}");
    }
}

#[test]
fn a_redemption_that_others_overtake_is_decided_anew_and_given_up_after_eight_rounds() {
    let overtaken = |times| {
        let store = acme().invite(&code(1), "acme", 10, 1);
        store.tables().overtaken = times;
        store
    };

    assert!(run(Event::of("ana").code(code(1)).confirm(&overtaken(7))).is_ok());
    let error = run(Event::of("ana").code(code(1)).confirm(&overtaken(8))).unwrap_err();

    assert_eq!(error.to_string(), "could not join a tenant");
    let store = overtaken(1).change(&code(1), |invite| invite.uses = 0);
    let event = Event::of("ana");
    let expires = async {
        let _ = tenancy::ports::Records::tenant(&store.0, &"acme".parse().unwrap()).await;
        let past = tenancy::Timestamp::from_epoch_seconds(NOW - 1);
        store.tables().invites.get_mut(&code(1).hash()).unwrap().expires_at = past;
        JoinOutcome::Already
    };
    run(expires);
    let redemption = run(event.confirm(&store)).unwrap().join.outcome;
    assert!(matches!(redemption, JoinOutcome::Refused(_)), "what was read anew decides: {redemption:?}");
}

#[test]
fn a_provider_that_is_unbound_meanwhile_lets_the_user_in_or_not_and_nothing_between() {
    for seed in 0..SEEDS {
        let store = acme().binding(true, false);
        let event = Event::of("ana").federated();
        let joins = async { Some(event.confirm(&store).await.unwrap().join.outcome) };
        let unbinds = async {
            let _ = tenancy::ports::Records::tenant(&store.0, &"acme".parse().unwrap()).await;
            store.tables().providers.clear();
            None
        };

        let calls: [Pin<Box<dyn Future<Output = Option<JoinOutcome>>>>; 2] =
            [Box::pin(joins), Box::pin(unbinds)];
        let outcome = overlapping(calls, seed).into_iter().flatten().next().unwrap();

        let has_joined = !store.tenants_of("ana").is_empty();
        assert_eq!(matches!(outcome, JoinOutcome::Joined(_)), has_joined, "seed {seed}: {outcome:?}");
    }
}
