//! An invite is redeemed only when the user has shown that they want that tenant.

use memory::{Fault, Item, Part, parsed};
use tenancy::MembershipStatus::{Active, Removed, Suspended};
use tenancy::join::{JoinOutcome, JoinRefusal};
use tenancy::{InviteStatus, TenantStatus, Timestamp};

use crate::fake::{Event, NOW, PROVIDER, Store, code, run, user};

fn tenants() -> Store {
    ["acme", "globex", "initech"]
        .into_iter()
        .fold(Store::default(), |store, id| store.tenant(id, TenantStatus::Active))
        .tenant("gone", TenantStatus::Offboarded)
        .tenant("paused", TenantStatus::Suspended)
}

fn redemption(event: &Event, store: &Store) -> JoinOutcome {
    run(event.confirm(store)).unwrap().join.outcome
}

fn joined(tenant: &str) -> JoinOutcome {
    JoinOutcome::Joined(tenant.parse().unwrap())
}

#[test]
fn a_code_goes_before_every_other_invite_and_a_refused_one_is_the_end() {
    let world = || tenants().invite(&code(1), "acme", 20, 1).invite(&code(2), "globex", 10, 1);

    assert_eq!(redemption(&Event::of("ana").code(code(2)), &world()), joined("globex"));
    let store = world();
    let unknown = redemption(&Event::of("ana").code(code(9)), &store);
    assert_eq!(unknown, JoinOutcome::Refused(JoinRefusal::Unknown));
    assert_eq!(store.tenants_of("ana"), Vec::<String>::new(), "no other invite in its place");
    let used = world();
    run(Event::of("ana").code(code(2)).confirm(&used)).unwrap();
    assert_eq!(redemption(&Event::of("ana").code(code(2)), &used), JoinOutcome::Already);
    assert_eq!(used.tenants_of("ana"), ["globex"], "a code that was used before is the end, too");
}

#[test]
fn the_old_link_after_a_resend_leads_to_the_new_invite_of_its_tenant() {
    type Spoil = fn(&mut tenancy::Invite);
    let resent = |spoil: Spoil| {
        let store = tenants().invite(&code(1), "acme", 20, 1);
        store.tables().pointers.clear();
        store.change(&code(1), spoil).invite(&code(2), "acme", 10, 1).invite(&code(3), "globex", 30, 1)
    };
    let revoked = || resent(|invite| invite.status = InviteStatus::Revoked);
    let spoils: [(&str, Spoil); 3] = [
        ("revoked", |invite| invite.status = InviteStatus::Revoked),
        ("expired", |invite| invite.expires_at = Timestamp::from_epoch_seconds(NOW)),
        ("used up", |invite| invite.uses = 1),
    ];

    for (row, spoil) in spoils {
        let store = resent(spoil);
        assert_eq!(redemption(&Event::of("ana").code(code(1)), &store), joined("acme"), "{row}");
        assert_eq!((store.uses(&code(2)), store.uses(&code(3))), (1, 0), "{row}");
    }
    let again = resent(spoils[0].1);
    let event = Event::of("ana").code(code(1));
    assert_eq!(redemption(&event, &again), joined("acme"));
    assert_eq!(
        redemption(&event, &again),
        JoinOutcome::Already,
        "the same event again has the first outcome"
    );
    assert_eq!(run(event.token(&again)).as_deref(), Ok("acme"));
    let to_another = redemption(&Event::of("ana").code(code(1)).asking("globex"), &revoked());
    assert_eq!(to_another, JoinOutcome::Refused(JoinRefusal::Revoked), "another tenant was asked for");
    let unverified = Event { is_verified: false, ..Event::of("ana").code(code(1)) };
    assert_eq!(redemption(&unverified, &revoked()), JoinOutcome::Refused(JoinRefusal::Revoked));
    let member = revoked().member("ana", "acme", Removed);
    assert_eq!(
        redemption(&Event::of("ana").code(code(1)), &member),
        JoinOutcome::Refused(JoinRefusal::Revoked)
    );
}

#[test]
fn the_tenant_that_is_asked_for_or_bound_is_joined_by_a_member_of_another() {
    let world = || {
        tenants().member("ana", "acme", Active).default_tenant("ana", "acme").invite(
            &code(1),
            "globex",
            10,
            1,
        )
    };

    for (row, store, event) in [
        ("asked for", world(), Event::of("ana").asking("globex")),
        ("asked for at a refresh", world(), Event::of("ana").asking("globex").refresh()),
        ("bound", world().client("globex"), Event::of("ana")),
    ] {
        assert_eq!(run(event.token(&store)).as_deref(), Ok("globex"), "{row}");
        assert_eq!(store.default_of("ana").as_deref(), Some("acme"), "{row}: the default stays");
    }
    let store = world();
    assert_eq!(run(Event::of("ana").token(&store)).as_deref(), Ok("acme"));
    assert_eq!(store.uses(&code(1)), 0, "a member who asks for nothing accepts nothing");
}

#[test]
fn a_request_that_contradicts_itself_redeems_nothing() {
    let world = || tenants().client("acme").invite(&code(1), "acme", 10, 1).invite(&code(2), "globex", 20, 1);

    for event in [
        Event::of("ana").asking("globex"),
        Event::of("ana").asking("globex").code(code(2)),
        Event::of("ana").asking("not a tenant"),
        Event::of("ana").asking("not a tenant").code(code(1)),
    ] {
        let store = world();
        assert_eq!(redemption(&event, &store), JoinOutcome::Refused(JoinRefusal::WrongTenant));
        assert_eq!(run(event.token(&store)), Err("WrongTenant".to_owned()));
        assert_eq!(store.tenants_of("ana"), Vec::<String>::new());
    }
}

#[test]
fn a_code_counts_beside_a_text_that_is_no_tenants_id_and_the_address_does_not() {
    let world = || tenants().invite(&code(1), "acme", 10, 1);
    let nonsense = Event::of("ana").asking("not a tenant");

    assert_eq!(redemption(&nonsense, &world()), JoinOutcome::Refused(JoinRefusal::WrongTenant));
    let store = world();
    assert_eq!(redemption(&nonsense.clone().code(code(1)), &store), joined("acme"));
    assert_eq!(run(nonsense.token(&store)), Err("WrongTenant".to_owned()));
}

#[test]
fn who_signs_up_at_a_tenants_client_is_not_made_a_member_of_another() {
    let store = tenants().client("acme").invite(&code(1), "globex", 10, 1).binding(true, true);
    let no_invite = JoinOutcome::Refused(JoinRefusal::NoInvite);
    assert_eq!(redemption(&Event::of("ana"), &store), no_invite);

    let of_another_provider = tenants().client("globex").binding(true, true);
    assert_eq!(redemption(&Event::of("ana").federated(), &of_another_provider), no_invite);

    let own = tenants().client("acme").binding(true, true);
    assert_eq!(redemption(&Event::of("ana").federated(), &own), joined("acme"));
}

#[test]
fn without_a_wish_the_oldest_invite_is_redeemed_and_the_rest_stay_open() {
    let world = || {
        tenants().invite(&code(1), "acme", 20, 1).invite(&code(2), "globex", 30, 1).invite(
            &code(3),
            "initech",
            10,
            1,
        )
    };
    let store = world();
    assert_eq!(redemption(&Event::of("ana"), &store), joined("globex"));
    assert_eq!((store.uses(&code(1)), store.uses(&code(3))), (0, 0));
    assert_eq!(
        redemption(&Event::of("ana"), &store),
        JoinOutcome::Already,
        "and the next call joins nothing"
    );

    let undated = world();
    undated.tables().pointers[1].1.created_at = None;
    assert_eq!(redemption(&Event::of("ana"), &undated), joined("acme"), "without a date it is the newest");
    let expired = world();
    expired.tables().pointers[1].1.expires_at = Some(Timestamp::from_epoch_seconds(NOW));
    assert_eq!(redemption(&Event::of("ana"), &expired), joined("acme"), "what has expired is not tried");
    let two = world().change(&code(2), |invite| invite.status = InviteStatus::Revoked);
    assert_eq!(redemption(&Event::of("ana"), &two), joined("acme"), "the next oldest");
}

#[test]
fn five_invites_are_tried_and_those_used_before_do_not_count() {
    let flood = |dead: u8| {
        let ids: Vec<String> = (0..=dead).map(|number| format!("tenant-{number}")).collect();
        let mut store = tenants();
        for (number, id) in (0_u8..).zip(&ids) {
            store =
                store.tenant(id, TenantStatus::Active).invite(&code(number), id, u64::from(200 - number), 2);
            if number < dead {
                store = store.change(&code(number), |invite| invite.status = InviteStatus::Revoked);
            }
        }
        store
    };

    assert_eq!(redemption(&Event::of("ana"), &flood(4)), joined("tenant-4"));
    assert_eq!(redemption(&Event::of("ana"), &flood(5)), JoinOutcome::Refused(JoinRefusal::Revoked));
    let used = flood(5);
    for number in 0..3 {
        let tenant = format!("tenant-{number}").parse().unwrap();
        used.tables().uses.insert((code(number).hash(), user("ana")), tenant);
    }
    assert_eq!(redemption(&Event::of("ana"), &used), joined("tenant-5"));
}

#[test]
fn two_thousand_invites_cost_no_more_reads_than_one() {
    let flooded = |count: u64| {
        let mut store = tenants();
        for number in 0..count {
            let id = format!("tenant-{number}");
            let bytes = std::array::from_fn(|at| u8::try_from(number >> (5 * at.min(3)) & 31).unwrap());
            let code = tenancy::InviteCode::from_random(bytes);
            store = store.tenant(&id, TenantStatus::Active).invite(&code, &id, 5_000 - number, 1);
        }
        store
    };
    let cost = |store: Store| {
        assert_eq!(redemption(&Event::of("ana"), &store), joined("tenant-0"));
        store.tables().done.reads
    };

    assert_eq!(cost(flooded(2_000)), cost(flooded(1)));
}

#[test]
fn a_provider_opens_only_the_invites_of_the_tenant_that_trusts_it() {
    let cfo = || tenants().invite(&code(1), "globex", 20, 1).invite(&code(2), "acme", 10, 1);

    let trusted = cfo().binding(true, true);
    assert_eq!(redemption(&Event::of("ana").federated(), &trusted), joined("acme"));
    assert_eq!((trusted.uses(&code(1)), trusted.uses(&code(2))), (0, 1), "by acme's own invite");
    let says_verified = Event { is_verified: true, ..Event::of("ana").federated() };
    let not_trusted = cfo().binding(false, false);
    let refused = redemption(&says_verified, &not_trusted);
    assert_eq!(refused, JoinOutcome::Refused(JoinRefusal::NoInvite), "whatever it says of the address");
    let not_bound = redemption(&says_verified, &cfo());
    assert_eq!(not_bound, JoinOutcome::Refused(JoinRefusal::NoInvite));
    let asking = says_verified.clone().asking("globex");
    assert_eq!(
        run(asking.token(&cfo().binding(true, true))),
        Err("WrongTenant".to_owned()),
        "nor by asking for it"
    );
    let with_code = says_verified.code(code(1));
    assert_eq!(redemption(&with_code, &cfo()), joined("globex"), "the code proves the mailbox");
}

#[test]
fn an_invite_of_an_address_needs_the_address_to_be_the_users_own_and_verified_also_with_its_code() {
    let unverified = Event { is_verified: false, ..Event::of("ana") };
    let refused = |event: Event, store: &Store| {
        let outcome = redemption(&event.code(code(1)), store);
        assert_eq!((store.uses(&code(1)), store.tenants_of("ana")), (0, Vec::new()));
        outcome
    };

    let own = tenants().invite(&code(1), "acme", 10, 1);
    assert_eq!(refused(unverified, &own), JoinOutcome::Refused(JoinRefusal::AddressNotVerified));
    let others = tenants()
        .invite(&code(1), "acme", 10, 1)
        .change(&code(1), |invite| invite.email = Some(parsed("eve@example.com")));
    assert_eq!(refused(Event::of("ana"), &others), JoinOutcome::Refused(JoinRefusal::WrongAddress));
}

#[test]
fn an_expired_invite_of_the_address_is_as_if_there_was_none() {
    let store = tenants().invite(&code(1), "acme", 10, 1);
    store.tables().pointers.iter_mut().for_each(|(_, pointer)| {
        pointer.expires_at = Some(Timestamp::from_epoch_seconds(NOW));
    });

    for event in [Event::of("ana"), Event::of("ana").asking("acme")] {
        assert_eq!(redemption(&event, &store), JoinOutcome::Refused(JoinRefusal::NoInvite));
    }
}

#[test]
fn a_refresh_joins_only_a_user_who_has_no_membership_at_all() {
    let invited = || tenants().invite(&code(1), "acme", 10, 1).binding(true, false);

    assert_eq!(run(Event::of("ana").refresh().token(&invited())).as_deref(), Ok("acme"));
    for event in [Event::of("ana"), Event::of("ana").federated()] {
        let removed = invited().member("ana", "globex", Removed);
        assert_eq!(run(event.clone().refresh().token(&removed)), Err("NoTenant".to_owned()));
        assert_eq!(run(event.token(&removed)).as_deref(), Ok("acme"), "the next sign-in joins");
    }
}

#[test]
fn who_is_only_in_an_offboarded_tenant_can_be_invited_anew() {
    let world = || {
        tenants().member("ana", "gone", Active).default_tenant("ana", "gone").invite(&code(1), "acme", 10, 1)
    };

    let store = world();
    assert_eq!(run(Event::of("ana").token(&store)).as_deref(), Ok("acme"));
    assert_eq!(store.default_of("ana").as_deref(), Some("acme"), "the old default was no longer live");
    assert_eq!(redemption(&Event::of("ana"), &world()), joined("acme"));
    let nothing = tenants().member("ana", "gone", Active);
    assert_eq!(redemption(&Event::of("ana"), &nothing), JoinOutcome::Refused(JoinRefusal::NoInvite));
    let paused = tenants().member("ana", "paused", Active).invite(&code(1), "acme", 10, 1);
    assert_eq!(run(Event::of("ana").token(&paused)), Err("Suspended".to_owned()), "a paused one is live");
    assert_eq!(redemption(&Event::of("ana"), &paused), JoinOutcome::Already);
}

#[test]
fn an_invite_that_was_used_in_an_offboarded_tenant_hides_no_other() {
    let used = |store: Store| {
        let store = store.member("ana", "gone", Active).invite(&code(1), "gone", 50, 2);
        store.tables().uses.insert((code(1).hash(), user("ana")), "gone".parse().unwrap());
        store
    };

    let invited = used(tenants()).invite(&code(2), "acme", 10, 1);
    assert_eq!(redemption(&Event::of("ana"), &invited), joined("acme"));
    let nothing = redemption(&Event::of("ana"), &used(tenants()));
    assert_eq!(nothing, JoinOutcome::Refused(JoinRefusal::NoInvite));
}

#[test]
fn a_damaged_binding_does_not_overrule_a_refused_code() {
    let store = tenants()
        .invite(&code(1), "acme", 10, 1)
        .change(&code(1), |invite| invite.status = InviteStatus::Revoked);
    store.tables().damaged.push(Item::Provider(PROVIDER.parse().unwrap()));

    let event = Event::of("ana").federated().code(code(1));
    assert_eq!(redemption(&event, &store), JoinOutcome::Refused(JoinRefusal::Revoked));
    let member = store.member("ana", "globex", Active);
    assert_eq!(run(event.token(&member)), Err("InviteRequired".to_owned()));
}

#[test]
fn the_stamp_names_the_default_tenant_and_leaves_out_what_is_over() {
    let mut store = tenants().member("ana", "globex", Active).invite(&code(1), "acme", 10, 1);
    let stamp = |store: &Store, event: Event| run(event.confirm(store)).unwrap().stamp.unwrap().unwrap();
    assert_eq!(stamp(&store, Event::of("ana").code(code(1))).tenant.as_str(), "globex", "joined first");

    store = tenants();
    for number in 0..10 {
        let id = format!("t-{number:02}");
        let status = if number == 9 { TenantStatus::Offboarded } else { TenantStatus::Active };
        store = store.tenant(&id, status).member("ana", &id, Active);
    }
    for membership in &mut store.tables().users.get_mut(&user("ana")).unwrap().memberships {
        membership.stamp = tenancy::Stamp::Pending;
    }
    let plan = stamp(&store, Event::of("ana"));
    assert_eq!(plan.memberships.len(), 9, "{plan:?}");
    assert!(!plan.memberships.contains(&"t-09".parse().unwrap()));
}

#[test]
fn a_membership_that_is_written_is_a_success_also_when_the_stamp_cannot_be_told() {
    let store = tenants()
        .member("ana", "acme", Active)
        .default_tenant("ana", "acme")
        .member("ana", "initech", Active);
    for membership in &mut store.tables().users.get_mut(&user("ana")).unwrap().memberships {
        membership.stamp = tenancy::Stamp::Pending;
    }
    let store = store.invite(&code(1), "globex", 10, 1);
    store.tables().fault = Some((Part::Tenant(parsed("initech")), Fault::Fails("down")));

    let confirmed = run(Event::of("ana").code(code(1)).confirm(&store)).unwrap();

    assert_eq!(confirmed.join.outcome, joined("globex"));
    assert!(confirmed.stamp.is_err(), "it is deferred");
}

#[test]
fn a_member_who_brings_a_wrong_code_is_told_so() {
    let member = tenants().member("ana", "acme", Active).invite(&code(1), "globex", 10, 1);
    let revoked = member.change(&code(1), |invite| invite.status = InviteStatus::Revoked);

    let told = |event: Event| redemption(&event, &revoked);
    assert_eq!(told(Event::of("ana").code(code(1))), JoinOutcome::Refused(JoinRefusal::Revoked));
    assert_eq!(told(Event::of("ana").code(code(9))), JoinOutcome::Refused(JoinRefusal::Unknown));
    assert_eq!(told(Event::of("ana")), JoinOutcome::Already, "without a code, an earlier call has joined");
}

#[test]
fn the_default_stays_with_the_membership_that_was_joined_first() {
    let member = tenants().member("ana", "globex", Active).invite(&code(1), "acme", 10, 1);

    assert_eq!(redemption(&Event::of("ana").code(code(1)), &member), joined("acme"));

    assert_eq!(member.default_of("ana"), None, "nothing is written to the profile");
    assert_eq!(run(Event::of("ana").token(&member)).as_deref(), Ok("globex"));
}

#[test]
fn an_invite_never_revives_a_membership() {
    for status in [Suspended, Removed] {
        let store =
            tenants().member("ana", "acme", status).invite(&code(1), "acme", 10, 1).binding(true, true);
        let refused = JoinOutcome::Refused(JoinRefusal::MembershipNotActive);
        assert_eq!(redemption(&Event::of("ana").code(code(1)), &store), refused);
        assert_eq!(redemption(&Event::of("ana"), &store), refused);
        assert_eq!(redemption(&Event::of("ana").asking("acme"), &store), refused);
        assert_eq!(redemption(&Event::of("ana").federated(), &store), refused);
    }
}

#[test]
fn damage_keeps_nobody_from_the_good_invites_and_is_never_guessed() {
    let world = || tenants().invite(&code(1), "globex", 20, 1).invite(&code(2), "acme", 10, 1);
    let damaged = |codes: &[u8], pointers| {
        let store = world();
        let codes = codes.iter().map(|number| Item::Invite(code(*number).hash()));
        store.tables().damaged = codes.chain((0..pointers).map(|_| Item::Pointer)).collect();
        store
    };

    let passed_over = run(Event::of("ana").confirm(&damaged(&[1], 3_000))).unwrap();
    assert_eq!(passed_over.join.outcome, joined("acme"));
    assert!((2..=10).contains(&passed_over.join.damaged.len()), "noted, and not three thousand times");
    assert!(run(Event::of("ana").confirm(&damaged(&[1, 2], 0))).is_err(), "nothing was redeemed");
    assert!(run(Event::of("ana").code(code(1)).confirm(&damaged(&[1], 0))).is_err());
    let expired = damaged(&[], 0).change(&code(1), |invite| invite.status = InviteStatus::Revoked);
    expired.tables().pointers[0].1.hash = code(2).hash();
    assert_eq!(
        redemption(&Event::of("ana").code(code(1)), &expired),
        JoinOutcome::Refused(JoinRefusal::Revoked),
        "a refused code stays refused, whatever its tenant's pointer leads to"
    );
    let member = damaged(&[1], 0).member("ana", "initech", Active);
    assert_eq!(run(Event::of("ana").code(code(1)).token(&member)).as_deref(), Ok("initech"));
    let elsewhere = world().change(&code(1), |invite| invite.email = None);
    let joined_other = run(Event::of("ana").confirm(&elsewhere)).unwrap();
    assert_eq!(joined_other.join.outcome, joined("acme"), "a pointer to an invite of no address is damaged");
    assert_eq!(joined_other.join.damaged.len(), 1);
}
