//! What a decision notes for the log, beside the token.

use memory::Item;
use tenancy::MembershipStatus::{Active, Suspended};
use tenancy::join::{DefaultChange, JoinOutcome, JoinRefusal, Way};
use tenancy::sign_in::{ChosenBy, CrossTenant, Notes};
use tenancy::{InviteStatus, TenantStatus};

use crate::fake::{Event, Store, code, run};

fn tenants() -> Store {
    ["acme", "globex", "initech"]
        .into_iter()
        .fold(Store::default(), |s, id| s.tenant(id, TenantStatus::Active))
}

fn notes(event: &Event, store: &Store) -> Notes {
    run(event.sign_in(store)).notes
}

#[test]
fn every_way_to_name_a_foreign_tenant_is_noted() {
    let member = || tenants().member("ana", "acme", Active);
    let stamped = |tenant: &str| Event::of("ana").stamped(tenant);

    assert_eq!(notes(&stamped("acme").asking("acme"), &member()).cross_tenant, []);
    assert_eq!(notes(&stamped("globex"), &member()).cross_tenant, [CrossTenant::Stamp]);
    assert_eq!(notes(&stamped("acme").asking("globex"), &member()).cross_tenant, [CrossTenant::Asked]);
    let bound = member().client("globex");
    assert_eq!(notes(&stamped("initech"), &bound).cross_tenant, [CrossTenant::Stamp, CrossTenant::Client]);
    let asks_for_the_same = notes(&stamped("acme").asking("globex"), &bound).cross_tenant;
    assert_eq!(asks_for_the_same, [CrossTenant::Client], "one attempt is noted once");
    let former = tenants().member("ana", "acme", Active).member("ana", "globex", Suspended);
    assert_eq!(notes(&stamped("globex"), &former).cross_tenant, [], "a membership of any status is none");
}

#[test]
fn a_sign_in_notes_which_tenant_was_chosen_and_why() {
    let member = || tenants().member("ana", "acme", Active).member("ana", "globex", Active);
    let chosen = |event: Event, store: &Store| {
        notes(&event, store).chosen.map(|(tenant, by)| (tenant.to_string(), by)).unwrap()
    };
    let of = |tenant: &str, by| (tenant.to_owned(), by);

    assert_eq!(chosen(Event::of("ana"), &member()), of("acme", ChosenBy::JoinedFirst));
    let asked = chosen(Event::of("ana").asking("globex"), &member());
    assert_eq!(asked, of("globex", ChosenBy::Asked));
    let bound = chosen(Event::of("ana"), &member().client("globex"));
    assert_eq!(bound, of("globex", ChosenBy::ClientBinding));
    let defaulted = chosen(Event::of("ana"), &member().default_tenant("ana", "globex"));
    assert_eq!(defaulted, of("globex", ChosenBy::Default));
}

#[test]
fn a_lost_default_is_moved_and_a_good_one_is_not() {
    let store = |status| {
        let store = tenants().member("ana", "acme", Active).member("ana", "globex", status);
        store.default_tenant("ana", "globex")
    };

    let moved = notes(&Event::of("ana"), &store(tenancy::MembershipStatus::Removed));

    let (acme, globex) = ("acme".parse().unwrap(), "globex".parse().unwrap());
    assert_eq!(moved.default_change, Some(DefaultChange { from: Some(globex), to: acme }));
    assert_eq!(notes(&Event::of("ana"), &store(Active)).default_change, None);
}

#[test]
fn a_suspended_tenant_is_named_as_the_reason_of_its_refusal() {
    let chosen = |event: Event, store: &Store| {
        notes(&event, store).chosen.map(|(tenant, by)| (tenant.to_string(), by))
    };
    let suspended =
        |status| Store::default().tenant("acme", TenantStatus::Suspended).member("ana", "acme", status);
    let of_acme = |by| Some(("acme".to_owned(), by));

    assert_eq!(chosen(Event::of("ana"), &suspended(Active)), of_acme(ChosenBy::Default));
    assert_eq!(chosen(Event::of("ana").asking("acme"), &suspended(Active)), of_acme(ChosenBy::Asked));
    let bound = suspended(Active).client("acme");
    assert_eq!(chosen(Event::of("ana"), &bound), of_acme(ChosenBy::ClientBinding));
    assert_eq!(chosen(Event::of("ana").asking("acme"), &suspended(Suspended)), None, "the membership is");
}

#[test]
fn a_refused_invite_and_a_damaged_item_are_noted() {
    let revoked = tenants().invite(&code(1), "acme", 10, 1);
    let revoked = revoked.change(&code(1), |invite| invite.status = InviteStatus::Revoked);
    let damaged = tenants().member("ana", "acme", Active).invite(&code(1), "globex", 10, 1);
    damaged.tables().damaged.push(Item::Invite(code(1).hash()));

    let refused = notes(&Event::of("ana").code(code(1)), &revoked);
    let passed_over = notes(&Event::of("ana").code(code(1)), &damaged);
    let nothing = notes(&Event::of("ana"), &tenants().member("ana", "acme", Active));

    assert_eq!(refused.join_outcome(), Some(&JoinOutcome::Refused(JoinRefusal::Revoked)));
    let offers: Vec<_> = refused.refused().iter().map(|offer| (&offer.way, offer.why)).collect();
    assert_eq!(offers, [(&Way::Invite(code(1).hash()), JoinRefusal::Revoked)]);
    assert_eq!(passed_over.all_damaged().count(), 1);
    assert_eq!((nothing.join_outcome(), nothing.all_damaged().count()), (None, 0), "joining was not tried");
}

#[test]
fn a_damaged_tenant_is_noted_where_it_is_passed_over_and_told_where_it_is_needed() {
    let of_acme = || tenants().member("ana", "acme", Active);
    let with_another = of_acme().member("ana", "initech", Active).default_tenant("ana", "globex");
    let alone = of_acme();
    for store in [&with_another, &alone] {
        store.tables().damaged.push(Item::Tenant("acme".parse().unwrap()));
    }

    assert_eq!(run(Event::of("ana").token(&with_another)), Ok("initech".to_owned()));
    assert_eq!(notes(&Event::of("ana"), &with_another).all_damaged().count(), 1);
    let told = run(Event::of("ana").token(&alone)).unwrap_err();
    assert!(told.contains("Tenant("), "what the table said of the item: {told}");
}

#[test]
fn a_member_who_shows_the_used_code_again_is_read_once() {
    let store = tenants().invite(&code(1), "acme", 10, 2);
    let event = Event::of("ana").code(code(1));
    let reads = || {
        let before = store.0.done().reads;
        assert_eq!(run(event.token(&store)), Ok("acme".to_owned()));
        store.0.done().reads - before
    };

    assert!(reads() > 5, "joins");
    assert_eq!(reads(), 5, "user, binding of the app client, use, invite, tenant");
}

/// Another call may have joined the user between two of the reads.
#[test]
fn a_user_whose_code_is_refused_is_read_once_more() {
    let store = tenants().member("ana", "globex", Active).invite(&code(1), "acme", 10, 1);
    let store = store.change(&code(1), |invite| invite.email = Some("eve@example.com".parse().unwrap()));
    let reads = |event: &Event| {
        let before = store.0.done().reads;
        assert!(run(event.confirm(&store)).is_ok());
        store.0.done().reads - before
    };

    let (known, unknown) = (reads(&Event::of("ana").code(code(1))), reads(&Event::of("ana").code(code(2))));

    assert_eq!(unknown, 4, "user, binding of the app client, use, invite");
    assert_eq!(known, 11, "also pointer and tenant; and then all but the binding again");
}

#[test]
fn ten_damaged_items_are_noted_at_most() {
    let store = tenants().invite(&code(1), "acme", 10, 1);
    store.tables().damaged.extend((0..12).map(|_| Item::Pointer));

    assert_eq!(notes(&Event::of("ana"), &store).all_damaged().count(), 10);
}

/// A user of 8 identity providers gets an answer about the address; with one more, no binding is read.
#[test]
fn an_address_of_too_many_providers_opens_nothing() {
    let outcome = |providers: usize| {
        let store = Store::default().tenant("acme", TenantStatus::Active).bindings(providers, true);
        let store = store.invite(&code(1), "acme", 10, 1);
        run(Event::of("ana").federated_by(providers).confirm(&store)).unwrap().join.outcome
    };

    assert_eq!(outcome(8), JoinOutcome::Joined("acme".parse().unwrap()));
    assert!(matches!(outcome(9), JoinOutcome::Refused(_)));
}
