//! Tenants that are not in every pool, pools of one tenant, and pools in which nobody joins.

use tenancy::join::{JoinOutcome, JoinRefusal};
use tenancy::ports::StoreError;
use tenancy::sign_in::{Grant, Refusal, decide_machine};
use tenancy::{ClientBindingMode, MembershipStatus, Pool, PoolId, TenantId, TenantStatus};

use crate::fake::{CLIENT, Event, POOL, Store, code, run, user};

const ELSEWHERE: &str = "other-pool";

/// `acme` is in another pool, `globex` in this one and in another, `initech` in every pool.
fn tenants() -> Store {
    ["acme", "globex", "initech"]
        .into_iter()
        .fold(Store::default(), |store, id| store.tenant(id, TenantStatus::Active))
        .pools("acme", &[ELSEWHERE])
        .pools("globex", &[ELSEWHERE, POOL])
}

fn confirmed(event: &Event, store: &Store) -> JoinOutcome {
    run(event.confirm(store)).unwrap().join.outcome
}

fn machine(store: &Store, pool_tenant: Option<&str>) -> Result<Option<Result<String, Refusal>>, String> {
    let (pool, tenant): (PoolId, Option<TenantId>) =
        (POOL.parse().unwrap(), pool_tenant.map(|id| id.parse().unwrap()));
    let pool = Pool { id: &pool, tenant: tenant.as_ref() };
    let decided = run(decide_machine(pool, &CLIENT.parse().unwrap(), &store.0)).map_err(|e| e.to_string())?;
    Ok(decided.map(|grant| grant.map(|Grant { tenant, .. }| tenant.id.to_string())))
}

#[test]
fn an_invite_of_a_tenant_in_other_pools_is_refused_and_kept() {
    let by_code = tenants().invite(&code(1), "acme", 10, 1);
    let by_address = tenants().invite(&code(1), "acme", 10, 1);
    let after_it = tenants().invite(&code(1), "acme", 20, 1).invite(&code(2), "globex", 10, 1);

    let refused = JoinOutcome::Refused(JoinRefusal::OtherPool);
    assert_eq!(confirmed(&Event::of("ana").code(code(1)), &by_code), refused);
    assert_eq!(confirmed(&Event::of("ana"), &by_address), refused);
    assert_eq!(confirmed(&Event::of("ana"), &after_it), JoinOutcome::Joined("globex".parse().unwrap()));
    for store in [&by_code, &by_address, &after_it] {
        assert_eq!(store.uses(&code(1)), 0);
        assert!(!store.tenants_of("ana").contains(&"acme".to_owned()));
    }
    assert_eq!(run(Event::of("ana").code(code(1)).token(&by_code)), Err("InviteRequired".to_owned()));
}

#[test]
fn an_identity_provider_lets_nobody_into_a_tenant_in_other_pools() {
    let store = tenants().binding(true, true);

    let outcome = confirmed(&Event::of("ana").federated(), &store);

    assert_eq!(outcome, JoinOutcome::Refused(JoinRefusal::OtherPool));
    assert_eq!(store.tenants_of("ana"), Vec::<String>::new());
}

#[test]
fn a_token_never_carries_a_tenant_in_other_pools() {
    let member = |tenant: &str| tenants().member("ana", tenant, MembershipStatus::Active);
    let both =
        || member("acme").member("ana", "initech", MembershipStatus::Active).default_tenant("ana", "acme");
    let other_pool = Err("OtherPool".to_owned());

    assert_eq!(run(Event::of("ana").token(&member("acme"))), other_pool);
    assert_eq!(run(Event::of("ana").refresh().token(&member("acme"))), other_pool);
    assert_eq!(run(Event::of("ana").asking("acme").token(&both())), other_pool);
    assert_eq!(run(Event::of("ana").token(&both().client("acme"))), other_pool);
    assert_eq!(
        run(Event::of("ana").refresh().token(&both())),
        other_pool,
        "a session never changes its tenant"
    );
    assert_eq!(run(Event::of("ana").token(&both())), Ok("initech".to_owned()), "as with every lost default");
    assert_eq!(run(Event::of("ana").token(&member("globex"))), Ok("globex".to_owned()));
}

#[test]
fn whoever_has_a_tenant_elsewhere_can_still_join_one_here() {
    let store = tenants()
        .member("ana", "acme", MembershipStatus::Active)
        .default_tenant("ana", "acme")
        .invite(&code(1), "globex", 10, 1);

    assert_eq!(run(Event::of("ana").token(&store)), Ok("globex".to_owned()));
    assert_eq!(store.default_of("ana").as_deref(), Some("globex"));
}

#[test]
fn the_stamp_of_a_tenant_in_other_pools_stays_pending() {
    let store = tenants().member("ana", "acme", MembershipStatus::Active);
    store.tables().users.get_mut(&user("ana")).unwrap().memberships[0].stamp = tenancy::Stamp::Pending;

    let confirmed = run(Event::of("ana").confirm(&store)).unwrap();

    assert_eq!(confirmed.stamp.unwrap(), None);
}

#[test]
fn a_machine_of_a_tenant_in_other_pools_gets_no_token() {
    let bound = |tenant: &str| tenants().client_in_mode(tenant, ClientBindingMode::Machine);

    assert_eq!(machine(&bound("acme"), None), Ok(Some(Err(Refusal::OtherPool))));
    assert_eq!(machine(&bound("globex"), None), Ok(Some(Ok("globex".to_owned()))));
}

#[test]
fn in_a_pool_of_one_tenant_everybody_is_in_that_tenant_or_refused() {
    let of_initech = |store: &Store, event: Event| run(event.in_pool_of("initech").token(store));
    let ana = || Event::of("ana");
    let member = |tenant: &str| tenants().member("ana", tenant, MembershipStatus::Active);
    let invited = || tenants().invite(&code(1), "globex", 20, 1).invite(&code(2), "initech", 10, 1);

    assert_eq!(of_initech(&member("initech"), ana()), Ok("initech".to_owned()));
    assert_eq!(of_initech(&member("globex"), ana()), Err("WrongTenant".to_owned()));
    assert_eq!(of_initech(&member("initech"), ana().asking("globex")), Err("WrongTenant".to_owned()));
    assert_eq!(of_initech(&invited(), ana()), Ok("initech".to_owned()), "not the older invite of globex");
    assert_eq!(of_initech(&invited(), ana().code(code(1))), Err("InviteRequired".to_owned()));
    let refused = confirmed(&ana().in_pool_of("initech").code(code(1)), &invited());
    assert_eq!(refused, JoinOutcome::Refused(JoinRefusal::OtherPool));
    assert_eq!(
        confirmed(&ana().in_pool_of("initech"), &invited()),
        JoinOutcome::Joined("initech".parse().unwrap())
    );
}

#[test]
fn a_new_user_of_a_pool_of_one_tenant_is_not_reported_as_an_attack() {
    let decision = run(Event::of("ana").in_pool_of("initech").sign_in(&tenants()));

    assert!(decision.grant.is_err());
    assert_eq!(decision.notes.cross_tenant, []);
}

#[test]
fn a_binding_to_another_tenant_than_the_pools_is_damage() {
    let member = || tenants().member("ana", "initech", MembershipStatus::Active);
    let users = run(Event::of("ana").in_pool_of("initech").token(&member().client("globex")));
    let confirmed = run(Event::of("ana").in_pool_of("initech").confirm(&member().client("globex")));
    let bound = tenants().client_in_mode("globex", ClientBindingMode::Machine);

    assert!(users.unwrap_err().contains("CLIENT#pool#client / PTR"));
    assert!(matches!(confirmed, Err(StoreError::Damaged(_))));
    assert!(machine(&bound, Some("initech")).unwrap_err().contains("POOL_TENANT"));
}

#[test]
fn machines_of_a_pool_of_one_tenant_carry_it() {
    let bound = |tenant: &str, mode| machine(&tenants().client_in_mode(tenant, mode), Some("initech"));

    assert_eq!(machine(&tenants(), Some("initech")), Ok(Some(Ok("initech".to_owned()))));
    assert_eq!(bound("initech", ClientBindingMode::Machine), Ok(Some(Ok("initech".to_owned()))));
    assert_eq!(bound("initech", ClientBindingMode::Required), Ok(None), "an app client of users");
    assert_eq!(machine(&tenants(), None), Ok(None));
    assert_eq!(
        machine(&tenants(), Some("acme")),
        Ok(Some(Err(Refusal::OtherPool))),
        "acme is not in this pool"
    );
}

#[test]
fn where_nobody_may_join_members_get_tokens_and_invites_are_kept() {
    let store =
        tenants().member("ana", "initech", MembershipStatus::Active).invite(&code(1), "globex", 10, 1);
    let off = |event: Event| event.without_redeeming();

    assert_eq!(run(off(Event::of("ana")).token(&store)), Ok("initech".to_owned()));
    for refused in [off(Event::of("ana").code(code(1))), off(Event::of("bob"))] {
        let grant = run(refused.sign_in(&store)).grant;
        assert!(matches!(grant, Err(tenancy::sign_in::NoGrant::Store(StoreError::RedeemOff))), "{grant:?}");
        assert!(matches!(run(refused.confirm(&store)), Err(StoreError::RedeemOff)));
    }
    assert_eq!(store.uses(&code(1)), 0);
    assert_eq!(run(off(Event::of("bob").code(code(9))).token(&store)), Err("InviteRequired".to_owned()));
    // The same invite once joining is on again.
    assert_eq!(run(Event::of("bob").token(&store)), Ok("globex".to_owned()));
    assert_eq!(
        run(off(Event::of("bob").code(code(1))).token(&store)),
        Ok("globex".to_owned()),
        "used before"
    );
}

#[test]
fn invites_of_tenants_in_other_pools_do_not_keep_the_right_one_from_being_tried() {
    let mut store = Store::default().tenant("globex", TenantStatus::Active);
    for n in 0..6_u8 {
        let tenant = format!("elsewhere-{n}");
        store = store.tenant(&tenant, TenantStatus::Active).pools(&tenant, &[ELSEWHERE]);
        store = store.invite(&code(n + 10), &tenant, 100 - u64::from(n), 1);
    }
    let store = store.invite(&code(1), "globex", 10, 1);

    assert_eq!(run(Event::of("ana").token(&store)), Ok("globex".to_owned()));
}

#[test]
fn the_note_of_a_refusal_names_the_tenant_that_caused_it() {
    let store = tenants()
        .tenant("initech", TenantStatus::Suspended)
        .member("ana", "acme", MembershipStatus::Active)
        .member("ana", "initech", MembershipStatus::Active)
        .default_tenant("ana", "acme");
    let chosen = |event: Event| run(event.sign_in(&store)).notes.chosen.map(|(tenant, _)| tenant.to_string());

    assert_eq!(run(Event::of("ana").token(&store)), Err("Suspended".to_owned()), "because of initech");
    assert_eq!(chosen(Event::of("ana")), None, "acme, the default, is not suspended");
    assert_eq!(chosen(Event::of("ana").refresh()).as_deref(), Some("acme"), "it is in other pools");
}

#[test]
fn a_provider_of_another_tenant_lets_nobody_into_a_pool_of_one_tenant() {
    // Bound to `acme`, with `join` and `emailTrusted`.
    let store = Store::default()
        .tenant("acme", TenantStatus::Active)
        .tenant("initech", TenantStatus::Active)
        .binding(true, true)
        .invite(&code(1), "acme", 10, 1);

    for event in [Event::of("ana").federated(), Event::of("ana").federated().code(code(1))] {
        let outcome = confirmed(&event.in_pool_of("initech"), &store);
        assert!(matches!(outcome, JoinOutcome::Refused(_)), "{outcome:?}");
    }
    assert_eq!(store.tenants_of("ana"), Vec::<String>::new());
}

#[test]
fn with_redeeming_off_no_way_writes_a_membership() {
    let member =
        tenants().member("ana", "initech", MembershipStatus::Active).invite(&code(1), "initech", 10, 1);
    let more_roles = Event::of("ana").code(code(1)).without_redeeming();
    let provider = Store::default().tenant("acme", TenantStatus::Active).binding(true, true);
    let resent = tenants()
        .invite(&code(1), "initech", 20, 1)
        .change(&code(1), |invite| invite.status = tenancy::InviteStatus::Revoked);
    resent.tables().pointers.clear();
    let resent = resent.invite(&code(2), "initech", 10, 1);

    let ways = [
        (more_roles, member),
        (Event::of("ana").federated().without_redeeming(), provider),
        (Event::of("ana").code(code(1)).without_redeeming(), resent),
    ];
    for (event, store) in ways {
        assert!(matches!(run(event.confirm(&store)), Err(StoreError::RedeemOff)));
        assert!(!store.tables().invites.values().any(|invite| invite.uses > 0));
    }
}

#[test]
fn an_invite_that_was_used_before_its_tenant_moved_away_gives_nothing() {
    let moved = || {
        let store = Store::default().tenant("acme", TenantStatus::Active).invite(&code(1), "acme", 20, 2);
        run(Event::of("ana").code(code(1)).confirm(&store)).unwrap();
        store.pools("acme", &[ELSEWHERE]).tenant("globex", TenantStatus::Active)
    };
    let next = moved().invite(&code(2), "globex", 10, 1);

    assert_eq!(run(Event::of("ana").code(code(1)).token(&moved())), Err("OtherPool".to_owned()));
    assert_eq!(run(Event::of("ana").token(&next)), Ok("globex".to_owned()), "the next pointer");
}
