//! Which tenant a token carries.

use proptest::prelude::*;
use tenancy::live::TenantState;
use tenancy::sign_in::choose::{Choice, choose, choose_wanted, nothing_left};
use tenancy::sign_in::{ChosenBy, Refusal};
use tenancy::wanted::{Contradiction, Wanted};
use tenancy::{Membership, MembershipStatus, Presented, Profile, TenantId, UserRecords};

use crate::support::{joined, membership, records, tenant_id};

/// A membership and its tenant: `acme+` is active, `~` suspended, `-` removed; a second sign is the tenant's state: `~`
/// suspended, `-` offboarded, `@` in other pools, `!` damaged. In the order of joining.
fn world(text: &str, default: Option<&str>) -> (UserRecords, Vec<(TenantId, TenantState)>) {
    let (mut memberships, mut tenants) = (Vec::new(), Vec::new());
    for (at, word) in text.split_whitespace().enumerate() {
        let id = word.trim_end_matches(['+', '~', '-', '@', '!']);
        let mut signs = word.chars().skip(id.len());
        let status = match signs.next() {
            Some('~') => MembershipStatus::Suspended,
            Some('-') => MembershipStatus::Removed,
            _ => MembershipStatus::Active,
        };
        let state = match signs.next() {
            Some('~') => TenantState::Suspended,
            Some('-') => TenantState::Offboarded,
            Some('@') => TenantState::OtherPool,
            Some('!') => TenantState::Damaged,
            _ => TenantState::Active,
        };
        memberships.push(joined(id, status, u64::try_from(at).unwrap()));
        tenants.push((tenant_id(id), state));
    }
    (records(memberships, default), tenants)
}

/// The result when every tenant that is needed is read, and nothing can be redeemed.
fn resolve(
    records: &UserRecords,
    states: &[(TenantId, TenantState)],
    wanted: Option<&TenantId>,
    is_refresh: bool,
) -> Result<(String, ChosenBy), String> {
    let mut known: Vec<TenantId> = Vec::new();
    let mut is_redeemed = false;
    loop {
        let state = |id: &TenantId| {
            let found = states.iter().find(|(tenant, _)| tenant == id);
            known.contains(id).then(|| found.map_or(TenantState::Damaged, |(_, state)| *state))
        };
        let mut choice = match wanted {
            Some(wanted) => choose_wanted(records, wanted, ChosenBy::Asked, &state),
            None => choose(records, is_refresh, &state),
        };
        if choice == Choice::NothingLive && is_redeemed {
            choice = nothing_left(records, &state);
        }
        match choice {
            Choice::Read(ids) => {
                assert!(
                    !ids.is_empty() && ids.iter().all(|id| !known.contains(id)),
                    "only what is not known"
                );
                known.extend(ids);
            }
            Choice::Grant(membership, by) => {
                assert!(membership.is_active() && state(&membership.tenant) == Some(TenantState::Active));
                return Ok((membership.tenant.to_string(), by));
            }
            Choice::NothingLive => is_redeemed = true,
            Choice::Refuse(refusal) => return Err(format!("{refusal:?}")),
            Choice::Damaged(_) => return Err("Damaged".to_owned()),
        }
    }
}

#[test]
fn a_tenant_is_chosen_in_the_published_order() {
    use ChosenBy::{Default, Fallback, JoinedFirst};
    // memberships, default, at a sign-in, at a refresh
    let rows = [
        ("acme+", Some("acme"), Ok(("acme", Default)), Ok(("acme", Default))),
        ("acme+ globex+", Some("globex"), Ok(("globex", Default)), Ok(("globex", Default))),
        ("globex+ acme+", None, Ok(("globex", JoinedFirst)), Ok(("globex", JoinedFirst))),
        // A default that was lost.
        ("acme- globex+ initech+", Some("acme"), Ok(("globex", Fallback)), Err("ChooseTenant")),
        ("globex+", Some("nowhere"), Ok(("globex", Fallback)), Err("ChooseTenant")),
        ("acme- globex+", None, Ok(("globex", Fallback)), Err("ChooseTenant")),
        ("acme~ globex+", Some("acme"), Ok(("globex", Fallback)), Err("Suspended")),
        ("acme+~ globex+", Some("acme"), Ok(("globex", Fallback)), Err("Suspended")),
        ("acme+- globex+", Some("acme"), Ok(("globex", Fallback)), Err("ChooseTenant")),
        ("acme~- globex+", Some("acme"), Ok(("globex", Fallback)), Err("ChooseTenant")),
        ("acme- globex+~ initech+", Some("acme"), Ok(("initech", Fallback)), Err("ChooseTenant")),
        ("acme- globex+! initech+", Some("acme"), Ok(("initech", Fallback)), Err("ChooseTenant")),
        // Nothing that can be granted.
        ("", None, Err("NoTenant"), Err("NoTenant")),
        ("acme-", Some("acme"), Err("NoTenant"), Err("NoTenant")),
        ("acme~", Some("acme"), Err("Suspended"), Err("Suspended")),
        ("acme+~", Some("acme"), Err("Suspended"), Err("Suspended")),
        ("acme+-", Some("acme"), Err("NoTenant"), Err("NoTenant")),
        ("acme~-", Some("acme"), Err("NoTenant"), Err("NoTenant")),
        ("acme- globex~", Some("acme"), Err("Suspended"), Err("Suspended")),
        ("acme- globex+~", Some("acme"), Err("Suspended"), Err("ChooseTenant")),
        ("acme- globex+-", Some("acme"), Err("NoTenant"), Err("NoTenant")),
        // Tenants in other pools.
        ("acme+@", Some("acme"), Err("OtherPool"), Err("OtherPool")),
        ("acme+@ globex+", Some("acme"), Ok(("globex", Fallback)), Err("OtherPool")),
        ("acme- globex+@", Some("acme"), Err("OtherPool"), Err("OtherPool")),
        ("acme- globex+@ initech+", Some("acme"), Ok(("initech", Fallback)), Err("ChooseTenant")),
        ("acme+@ globex+~", Some("acme"), Err("Suspended"), Err("OtherPool")),
        ("acme~@", Some("acme"), Err("NoTenant"), Err("NoTenant")),
        ("acme-@", Some("acme"), Err("NoTenant"), Err("NoTenant")),
        // Damaged records.
        ("acme+!", Some("acme"), Err("Damaged"), Err("Damaged")),
        ("acme+! globex+", Some("acme"), Err("Damaged"), Err("Damaged")),
        ("acme- globex+!", Some("acme"), Err("Damaged"), Err("ChooseTenant")),
    ];

    for (text, default, sign_in, refresh) in rows {
        let (records, states) = world(text, default);
        for (source, is_refresh, expected) in [("sign-in", false, sign_in), ("refresh", true, refresh)] {
            let expected = expected.map(|(id, by)| (id.to_owned(), by)).map_err(ToOwned::to_owned);
            assert_eq!(
                resolve(&records, &states, None, is_refresh),
                expected,
                "{text} {default:?}: {source}"
            );
        }
    }
}

#[test]
fn a_tenant_that_was_asked_for_is_that_or_none() {
    let rows = [
        ("acme+ globex+", Ok("globex")),
        ("acme+", Err("WrongTenant")),
        ("acme+ globex-", Err("WrongTenant")),
        ("acme+ globex~", Err("Suspended")),
        ("acme+ globex~-", Err("Suspended")),
        ("acme+ globex+~", Err("Suspended")),
        ("acme+ globex+-", Err("Suspended")),
        ("acme+ globex+@", Err("OtherPool")),
        ("acme+ globex~@", Err("Suspended")),
        ("acme+ globex+!", Err("Damaged")),
        ("acme+ globex--", Err("WrongTenant")),
    ];

    for (text, expected) in rows {
        let (records, states) = world(text, Some("acme"));
        let found = resolve(&records, &states, Some(&tenant_id("globex")), false).map(|(id, _)| id);
        assert_eq!(found, expected.map(ToOwned::to_owned).map_err(ToOwned::to_owned), "{text}");
    }
}

#[test]
fn a_request_is_for_one_tenant_or_contradicts_itself() {
    let asked = |tenant: &str| Presented::parse(tenant);
    let acme = tenant_id("acme");
    let rows = [
        (None, asked(""), Ok(Wanted::Any)),
        (None, asked(" \t"), Ok(Wanted::Any)),
        (None, asked("acme"), Ok(Wanted::Tenant(&acme))),
        (None, asked("x"), Ok(Wanted::Nowhere)),
        (Some("acme"), asked(""), Ok(Wanted::Tenant(&acme))),
        (Some("acme"), asked("acme"), Ok(Wanted::Tenant(&acme))),
        (Some("acme"), asked("globex"), Err(Contradiction)),
        (Some("acme"), asked("Acme"), Err(Contradiction)),
    ];

    for (bound, asked, expected) in rows {
        let bound = bound.map(tenant_id);
        assert_eq!(Wanted::of(bound.as_ref(), &asked), expected, "{bound:?} {asked:?}");
    }
}

#[test]
fn members_without_a_date_of_joining_come_last() {
    use MembershipStatus::Active;
    let undated = || membership("acme", Active);
    let records = records(vec![undated(), joined("initech", Active, 2), joined("globex", Active, 2)], None);

    let order: Vec<&str> = records.by_joining().iter().map(|m| m.tenant.as_str()).collect();

    assert_eq!(order, ["globex", "initech", "acme"]);
}

/// By the numbers of [`naive`].
const TENANT_STATES: [TenantState; 5] = [
    TenantState::Active,
    TenantState::Suspended,
    TenantState::Offboarded,
    TenantState::Damaged,
    TenantState::OtherPool,
];

/// The published order, written a second time without the types of the rules. A membership is (its status, its tenant's state):
/// 0 active, 1 suspended, 2 removed or offboarded, 3 missing or damaged, 4 in other pools. Tenants are numbers from 1 on, in the order of joining;
/// 0 means no tenant.
fn naive(held: [(u64, u64); 3], default: u64, wanted: u64, is_refresh: bool) -> Result<u64, &'static str> {
    let of = |number: u64| match number {
        0 => (3, 3),
        number => held[usize::try_from(number - 1).unwrap()],
    };
    if wanted != 0 {
        return match of(wanted) {
            (2 | 3, _) => Err("WrongTenant"),
            (1, _) | (0, 1 | 2) => Err("Suspended"),
            (_, 3) => Err("Damaged"),
            (_, 4) => Err("OtherPool"),
            _ => Ok(wanted),
        };
    }
    let numbers = || (1..=3).filter(|number| of(*number).0 != 3);
    let default = if default == 0 { numbers().next().unwrap_or(0) } else { default };
    let is_gone = |number: u64| matches!(of(number).1, 2 | 4);
    let is_live = |number: &u64| of(*number).0 == 0 && !is_gone(*number);
    match of(default) {
        (0, 0) => return Ok(default),
        (0, 3) => return Err("Damaged"),
        (0, 4) if is_refresh => return Err("OtherPool"),
        _ => {}
    }
    if !numbers().any(|number| is_live(&number)) {
        let is_suspended = numbers().any(|number| of(number).0 == 1 && !is_gone(number));
        let is_elsewhere = numbers().any(|number| of(number) == (0, 4));
        return Err(match (is_suspended, is_elsewhere) {
            (true, _) => "Suspended",
            (false, true) => "OtherPool",
            (false, false) => "NoTenant",
        });
    }
    if is_refresh {
        return match of(default) {
            (0, 1) | (1, 0 | 1 | 3) => Err("Suspended"),
            _ => Err("ChooseTenant"),
        };
    }
    match numbers().find(|number| of(*number) == (0, 0)) {
        Some(first) => Ok(first),
        None if numbers().any(|number| of(number) == (0, 3)) => Err("Damaged"),
        None => Err("Suspended"),
    }
}

#[test]
fn every_small_world_gets_the_tenant_of_the_published_order() {
    let id = |number: u64| tenant_id(["none", "acme", "globex", "initech"][usize::try_from(number).unwrap()]);
    let statuses = [MembershipStatus::Active, MembershipStatus::Suspended, MembershipStatus::Removed];
    let mut worlds = 0;
    // Each of three tenants: no membership (3) or one in any status; any state. Each default and request, also none (0).
    for world in 0..20_u64.pow(3) * 16 {
        let mut rest = world;
        let mut digit = |base: u64| {
            let digit = rest % base;
            rest /= base;
            digit
        };
        let held = [(); 3].map(|()| (digit(4), digit(5)));
        let (default, asked) = (digit(4), digit(4));
        let numbered = (1_u64..).zip(held);
        let memberships: Vec<Membership> = numbered
            .clone()
            .filter(|(_, (status, _))| *status < 3)
            .map(|(number, (status, _))| {
                joined(id(number).as_str(), statuses[usize::try_from(status).unwrap()], number)
            })
            .collect();
        let states: Vec<(TenantId, TenantState)> = numbered
            .map(|(number, (_, state))| (id(number), TENANT_STATES[usize::try_from(state).unwrap()]))
            .collect();
        let of = |number: u64| (number != 0).then(|| id(number));
        let records = UserRecords { memberships, profile: Profile { default_tenant: of(default) } };

        for is_refresh in [false, true] {
            let found = resolve(&records, &states, of(asked).as_ref(), is_refresh).map(|(tenant, _)| tenant);

            let expected = naive(held, default, asked, is_refresh).map(|number| id(number).to_string());
            assert_eq!(
                found,
                expected.map_err(ToOwned::to_owned),
                "{held:?} {default} {asked} refresh {is_refresh}"
            );
            worlds += 1;
        }
    }
    assert_eq!(worlds, 256_000, "all of them");
}

fn any_tenant() -> impl Strategy<Value = TenantId> {
    prop_oneof!["acme", "globex", "initech", "hooli"].prop_map(|id| tenant_id(&id))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn a_refresh_carries_the_default_tenant_or_none(
        held in proptest::collection::btree_map(any_tenant(), (0..3_usize, 0..5_usize, 0..3_u64), 0..4),
        default in proptest::option::of(any_tenant()),
    ) {
        let statuses = [MembershipStatus::Active, MembershipStatus::Suspended, MembershipStatus::Removed];
        let memberships =
            held.iter().map(|(id, (status, _, at))| joined(id.as_str(), statuses[*status], *at)).collect();
        let states: Vec<(TenantId, TenantState)> =
            held.iter().map(|(id, (_, state, _))| (id.clone(), TENANT_STATES[*state])).collect();
        let records = UserRecords { memberships, profile: Profile { default_tenant: default } };

        if let Ok((tenant, by)) = resolve(&records, &states, None, true) {
            prop_assert_eq!(Some(tenant.as_str()), records.default_tenant().map(TenantId::as_str));
            prop_assert_ne!(by, ChosenBy::Fallback);
        }
    }
}

#[test]
fn a_refusal_is_never_for_a_missing_code() {
    let (records, states) = world("", None);

    assert_eq!(resolve(&records, &states, None, false), Err(format!("{:?}", Refusal::NoTenant)));
}
