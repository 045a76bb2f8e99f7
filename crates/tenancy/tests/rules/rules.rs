//! The rules: who may redeem an invite, which tenant a token carries, which groups.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use tenancy::choice::{AskedTenant, ChosenBy, Refusal, choose};
use tenancy::groups::{GroupFormats, IamRoleAllowList, groups_of, iam_roles_of};
use tenancy::ports::{Offer, OfferTerms};
use tenancy::redemption::{
    Candidate, InviteRefusal, MembershipChange, Redeemer, RedemptionSource, Verdict, judge,
};
use tenancy::{
    EmailAddress, EmailHash, Invite, InviteCode, InviteStatus, Membership, MembershipStatus, PresentedCode,
    Profile, Role, RoleGrant, Stamp, Tenant, TenantId, TenantStatus, Timestamp, UserKey, UserRecords,
};

const NOW: Timestamp = Timestamp::from_epoch_seconds(1_800_000_000);

fn tenant_id(id: &str) -> TenantId {
    id.parse().unwrap()
}

fn roles(names: &[&str]) -> Vec<Role> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn tenant(id: &str, status: TenantStatus) -> Tenant {
    Tenant {
        id: tenant_id(id),
        name: "Acme".parse().unwrap(),
        tier: "pro".parse().unwrap(),
        status,
        roles: BTreeMap::new(),
    }
}

fn membership(tenant: &str, status: MembershipStatus) -> Membership {
    Membership {
        tenant: tenant_id(tenant),
        roles: roles(&["viewer"]),
        status,
        stamp: Stamp::Done,
        version: 3,
    }
}

fn records(memberships: Vec<Membership>, default: Option<&str>) -> UserRecords {
    UserRecords { memberships, profile: Profile { default_tenant: default.map(tenant_id) } }
}

fn code() -> InviteCode {
    "inv_0123456789ABCDEFGHJKMNPQRS".parse().unwrap()
}

fn offer() -> Offer {
    Offer {
        used_for: None,
        terms: Some(OfferTerms {
            invite: Invite {
                hash: code().hash(),
                tenant: tenant_id("acme"),
                email: None,
                roles: roles(&["editor", "viewer"]),
                uses: 0,
                max_uses: 1,
                status: InviteStatus::Open,
                expires_at: NOW.plus_seconds(60),
                created_at: NOW,
            },
            tenant: Arc::new(tenant("acme", TenantStatus::Active)),
            is_pointed_at: false,
        }),
    }
}

fn with(change: impl FnOnce(&mut OfferTerms)) -> Offer {
    let mut offer = offer();
    change(offer.terms.as_mut().unwrap());
    offer
}

fn verdict(offer: &Offer, records: &UserRecords, verified: Option<&str>) -> Verdict {
    let user = UserKey { pool: "eu-west-1_X".parse().unwrap(), sub: "sub-1".parse().unwrap() };
    let email = verified.map(|email| email.parse::<EmailAddress>().unwrap());
    let presented = PresentedCode::Code(code());
    let candidate = Candidate {
        user: &user,
        username: None,
        email: email.as_ref(),
        is_email_verified: true,
        provider: None,
        is_fresh_from_provider: false,
        code: &presented,
        request_id: "request-1",
        now: NOW,
    };
    judge(Redeemer { candidate, verified_email: email.as_ref() }, &code().hash(), offer, records)
}

#[test]
fn an_invite_is_refused_for_each_reason_that_there_is() {
    let nobody = UserRecords::default();
    let bound = with(|terms| terms.invite.email = Some("ana@example.com".parse().unwrap()));
    let suspended = records(vec![membership("acme", MembershipStatus::Suspended)], None);
    let removed = records(vec![membership("acme", MembershipStatus::Removed)], None);
    let rows = [
        ("no such invite", Offer::default(), &nobody, None, InviteRefusal::Unknown),
        ("revoked", with(|t| t.invite.status = InviteStatus::Revoked), &nobody, None, InviteRefusal::Revoked),
        (
            "expired a second ago",
            with(|t| t.invite.expires_at = Timestamp::from_epoch_seconds(NOW.epoch_seconds() - 1)),
            &nobody,
            None,
            InviteRefusal::Expired,
        ),
        ("expires now", with(|t| t.invite.expires_at = NOW), &nobody, None, InviteRefusal::Expired),
        ("used up", with(|t| t.invite.uses = 1), &nobody, None, InviteRefusal::UsedUp),
        ("overused", with(|t| t.invite.uses = 9), &nobody, None, InviteRefusal::UsedUp),
        ("no verified address", bound.clone(), &nobody, None, InviteRefusal::WrongAddress),
        ("another address", bound, &nobody, Some("eve@example.com"), InviteRefusal::WrongAddress),
        (
            "suspended tenant",
            with(|t| t.tenant = Arc::new(tenant("acme", TenantStatus::Suspended))),
            &nobody,
            None,
            InviteRefusal::TenantNotActive,
        ),
        (
            "offboarded tenant",
            with(|t| t.tenant = Arc::new(tenant("acme", TenantStatus::Offboarded))),
            &nobody,
            None,
            InviteRefusal::TenantNotActive,
        ),
        ("suspended member", offer(), &suspended, None, InviteRefusal::MembershipNotActive),
        ("removed member", offer(), &removed, None, InviteRefusal::MembershipNotActive),
    ];

    for (row, offer, records, verified, expected) in rows {
        assert_eq!(verdict(&offer, records, verified), Verdict::Refuse(expected), "{row}");
    }
}

#[test]
fn a_redemption_says_all_that_is_to_be_written() {
    let bound = with(|terms| {
        terms.invite.email = Some("Ana@example.com".parse().unwrap());
        terms.invite.expires_at = NOW.plus_seconds(1);
        terms.is_pointed_at = true;
    });

    let Verdict::Redeem(plan) = verdict(&bound, &UserRecords::default(), Some("ana@EXAMPLE.com")) else {
        panic!("the invite of one's own address is redeemed in its last second")
    };

    assert_eq!(plan.membership, MembershipChange::Create);
    assert_eq!(plan.roles, roles(&["editor", "viewer"]));
    assert!(plan.becomes_default);
    let expected = RedemptionSource::Invite {
        hash: code().hash(),
        spent_pointer: Some(EmailHash::of(&"ana@example.com".parse().unwrap())),
        keep_until: NOW.plus_seconds(1 + 30 * 24 * 60 * 60),
    };
    assert_eq!(plan.source, expected);
}

#[test]
fn an_active_member_gets_the_invites_roles_in_addition() {
    let member = records(vec![membership("acme", MembershipStatus::Active)], Some("globex"));

    let Verdict::Redeem(plan) = verdict(&with(|terms| terms.invite.max_uses = 2), &member, None) else {
        panic!("an invite of the same tenant adds roles")
    };

    assert_eq!(plan.membership, MembershipChange::AddRoles { version: 3 });
    assert_eq!(plan.roles, roles(&["viewer", "editor"]), "what is there comes first, nothing twice");
    assert!(!plan.becomes_default, "the default tenant stays");
    assert!(matches!(plan.source, RedemptionSource::Invite { spent_pointer: None, .. }));
}

#[test]
fn the_same_user_again_gets_the_first_outcome() {
    let used = Offer { used_for: Some(tenant_id("acme")), ..with(|terms| terms.invite.uses = 1) };
    let dropped = Offer { used_for: Some(tenant_id("acme")), terms: None };

    assert_eq!(verdict(&used, &UserRecords::default(), None), Verdict::Already(tenant_id("acme")));
    assert_eq!(verdict(&dropped, &UserRecords::default(), None), Verdict::Already(tenant_id("acme")));
}

#[test]
fn a_tenant_is_chosen_in_the_published_order() {
    use ChosenBy::{Asked, ClientBinding, Default, OnlyMembership};
    use MembershipStatus::{Active, Removed, Suspended};
    let acme = || membership("acme", Active);
    let globex = || membership("globex", Active);
    let asked = |tenant: &str| AskedTenant::Tenant(tenant_id(tenant));
    let none = || AskedTenant::None;
    let rows = [
        ("the only one", records(vec![acme()], None), None, none(), Ok(("acme", OnlyMembership))),
        (
            "the default",
            records(vec![acme(), globex()], Some("globex")),
            None,
            none(),
            Ok(("globex", Default)),
        ),
        (
            "a default that is not active",
            records(vec![acme(), membership("globex", Suspended)], Some("globex")),
            None,
            none(),
            Ok(("acme", OnlyMembership)),
        ),
        (
            "a default of no membership",
            records(vec![acme()], Some("initech")),
            None,
            none(),
            Ok(("acme", OnlyMembership)),
        ),
        ("several", records(vec![acme(), globex()], None), None, none(), Err(Refusal::ChooseTenant)),
        (
            "several, inactive default",
            records(vec![acme(), globex(), membership("initech", Removed)], Some("initech")),
            None,
            none(),
            Err(Refusal::ChooseTenant),
        ),
        ("none", records(vec![], None), None, none(), Err(Refusal::NoTenant)),
        (
            "only removed",
            records(vec![membership("acme", Removed)], Some("acme")),
            None,
            none(),
            Err(Refusal::NoTenant),
        ),
        (
            "only suspended",
            records(vec![membership("acme", Suspended)], Some("acme")),
            None,
            none(),
            Err(Refusal::Suspended),
        ),
        (
            "asked for",
            records(vec![acme(), globex()], Some("acme")),
            None,
            asked("globex"),
            Ok(("globex", Asked)),
        ),
        (
            "asked for, suspended",
            records(vec![acme(), membership("globex", Suspended)], Some("acme")),
            None,
            asked("globex"),
            Err(Refusal::Suspended),
        ),
        (
            "asked for, removed",
            records(vec![acme(), membership("globex", Removed)], Some("acme")),
            None,
            asked("globex"),
            Err(Refusal::WrongTenant),
        ),
        (
            "asked for, not a member",
            records(vec![acme()], Some("acme")),
            None,
            asked("globex"),
            Err(Refusal::WrongTenant),
        ),
        (
            "asked for nonsense",
            records(vec![acme()], Some("acme")),
            None,
            AskedTenant::Malformed,
            Err(Refusal::WrongTenant),
        ),
        (
            "bound",
            records(vec![acme(), globex()], Some("acme")),
            Some("globex"),
            none(),
            Ok(("globex", ClientBinding)),
        ),
        (
            "bound, asked for the same",
            records(vec![acme(), globex()], Some("acme")),
            Some("globex"),
            asked("globex"),
            Ok(("globex", ClientBinding)),
        ),
        (
            "bound, asked for another",
            records(vec![acme(), globex()], Some("acme")),
            Some("globex"),
            asked("acme"),
            Err(Refusal::WrongTenant),
        ),
        (
            "bound, asked for nonsense",
            records(vec![globex()], None),
            Some("globex"),
            AskedTenant::Malformed,
            Err(Refusal::WrongTenant),
        ),
        (
            "bound, not a member",
            records(vec![acme()], Some("acme")),
            Some("globex"),
            none(),
            Err(Refusal::WrongTenant),
        ),
        (
            "bound, suspended",
            records(vec![acme(), membership("globex", Suspended)], None),
            Some("globex"),
            none(),
            Err(Refusal::Suspended),
        ),
        (
            "bound, removed",
            records(vec![acme(), membership("globex", Removed)], None),
            Some("globex"),
            none(),
            Err(Refusal::WrongTenant),
        ),
    ];

    for (row, records, bound, asked, expected) in rows {
        let bound = bound.map(tenant_id);
        let chosen = choose(&records, bound.as_ref(), &asked);
        assert_eq!(chosen.map(|(membership, by)| (membership.tenant.as_str(), by)), expected, "{row}");
    }
}

#[test]
fn groups_are_the_tenants_or_the_form_of_the_setting() {
    let mut acme = tenant("acme", TenantStatus::Active);
    let grant = |groups: &[&str]| RoleGrant {
        groups: groups.iter().map(|group| group.parse().unwrap()).collect(),
        iam_role: None,
    };
    acme.roles.insert("admin".parse().unwrap(), grant(&["acme:admins", "billing"]));
    acme.roles.insert("finance".parse().unwrap(), grant(&["billing"]));
    acme.roles.insert("listed-empty".parse().unwrap(), grant(&[]));
    let rows: [(&[&str], &str, &[&str]); 7] = [
        (&["admin"], "{role}", &["acme:admins", "billing"]),
        (&["finance", "admin"], "{role}", &["billing", "acme:admins"]),
        (&["viewer"], "{role}", &["viewer"]),
        (&["listed-empty"], "{role}", &["listed-empty"]),
        (&["viewer", "admin"], "{tenant_id}:{role}", &["acme:viewer", "acme:admins", "billing"]),
        (&["viewer", "editor"], "{role}, tier-{tier}", &["viewer", "tier-pro", "editor"]),
        (&[], "{role}", &[]),
    ];

    for (names, formats, expected) in rows {
        let formats: GroupFormats = formats.parse().unwrap();
        let groups = groups_of(&acme, &roles(names), &formats).unwrap();
        let groups: Vec<&str> = groups.iter().map(tenancy::Group::as_str).collect();
        assert_eq!(groups, expected, "{names:?} {formats:?}");
    }
}

#[test]
fn a_group_format_with_a_fault_is_refused() {
    for raw in ["", "{role},", "{roles}", "{role", "a b", "role}", "{role};x", "ä{role}"] {
        assert!(raw.parse::<GroupFormats>().is_err(), "{raw:?}");
    }
    let mut acme = tenant("acme", TenantStatus::Active);
    acme.tier = "Pro, really".parse().unwrap();
    let formats: GroupFormats = "{tier}".parse().unwrap();
    assert!(groups_of(&acme, &roles(&["viewer"]), &formats).is_err(), "a tier with a blank makes no group");
}

#[test]
fn only_iam_roles_on_the_allow_list_go_out() {
    let admitted = "arn:aws:iam::123456789012:role/app/acme-admin";
    let rows = [
        ("unset admits none", "", admitted, false),
        ("exact", admitted, admitted, true),
        ("pattern", "arn:aws:iam::123456789012:role/app/*", admitted, true),
        ("pattern in the middle", "arn:aws:iam::123456789012:role/*-admin", admitted, true),
        (
            "second of two",
            "arn:aws:iam::999999999999:role/x,arn:aws:iam::123456789012:role/app/*",
            admitted,
            true,
        ),
        ("another account", "arn:aws:iam::999999999999:role/*", admitted, false),
        ("a longer text", "arn:aws:iam::123456789012:role/app", admitted, false),
        ("no ARN", "arn:*", "acme-admin", false),
        ("a user", "arn:*", "arn:aws:iam::123456789012:user/eve", false),
        ("a wildcard", "arn:*", "arn:aws:iam::123456789012:role/*", false),
        ("a damaged ARN", "arn:*", "arn:aws:iam::12345678901:role/x", false),
        ("another service", "arn:*", "arn:aws:sts::123456789012:role/x", false),
        ("a part more", "arn:*", "arn:aws:iam::123456789012:role/x:y", false),
        (
            "another partition",
            "arn:aws-us-gov:iam::123456789012:role/*",
            "arn:aws-us-gov:iam::123456789012:role/x",
            true,
        ),
    ];

    for (row, patterns, arn, expected) in rows {
        let allowed =
            if patterns.is_empty() { IamRoleAllowList::default() } else { patterns.parse().unwrap() };
        let mut acme = tenant("acme", TenantStatus::Active);
        let grant = RoleGrant { groups: vec![], iam_role: Some(arn.to_owned()) };
        acme.roles.insert("admin".parse().unwrap(), grant);
        let found = iam_roles_of(&acme, &roles(&["admin"]), &allowed);
        assert_eq!(
            (found.admitted.len(), found.left_out),
            (usize::from(expected), usize::from(!expected)),
            "{row}"
        );
    }
}

fn any_status() -> impl Strategy<Value = MembershipStatus> {
    prop_oneof![
        Just(MembershipStatus::Active),
        Just(MembershipStatus::Suspended),
        Just(MembershipStatus::Removed)
    ]
}

fn any_tenant() -> impl Strategy<Value = TenantId> {
    prop_oneof!["acme", "globex", "initech", "hooli"].prop_map(|id| tenant_id(&id))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn a_chosen_tenant_is_one_of_the_active_memberships(
        statuses in proptest::collection::btree_map(any_tenant(), any_status(), 0..4),
        default in proptest::option::of(any_tenant()),
        bound in proptest::option::of(any_tenant()),
        asked in prop_oneof![
            Just(AskedTenant::None), Just(AskedTenant::Malformed), any_tenant().prop_map(AskedTenant::Tenant)
        ],
    ) {
        let memberships: Vec<Membership> =
            statuses.iter().map(|(id, status)| membership(id.as_str(), *status)).collect();
        let records = UserRecords { memberships, profile: Profile { default_tenant: default } };

        if let Ok((chosen, by)) = choose(&records, bound.as_ref(), &asked) {
            prop_assert_eq!(statuses.get(&chosen.tenant), Some(&MembershipStatus::Active));
            if let Some(bound) = &bound {
                prop_assert_eq!(&chosen.tenant, bound);
                prop_assert_eq!(by, ChosenBy::ClientBinding);
            }
            if let AskedTenant::Tenant(asked) = &asked {
                prop_assert_eq!(&chosen.tenant, asked);
            }
            prop_assert_ne!(asked, AskedTenant::Malformed);
        }
    }
}

/// The published order once more, written down without the types of the rules: tenants are numbers, 0 is none.
fn naive(memberships: &[(u64, u64)], default: u64, bound: u64, asked: u64) -> Result<u64, Refusal> {
    let status =
        |tenant: u64| memberships.iter().find(|(id, _)| *id == tenant).map_or(2, |(_, status)| *status);
    let named = |tenant: u64| match status(tenant) {
        0 => Ok(tenant),
        1 => Err(Refusal::Suspended),
        _ => Err(Refusal::WrongTenant),
    };
    if bound != 0 {
        return if asked != 0 && asked != bound { Err(Refusal::WrongTenant) } else { named(bound) };
    }
    if asked != 0 {
        return named(asked);
    }
    if default != 0 && status(default) == 0 {
        return Ok(default);
    }
    let active: Vec<u64> = memberships.iter().filter(|(_, status)| *status == 0).map(|(id, _)| *id).collect();
    match active.len() {
        1 => Ok(active[0]),
        0 if memberships.iter().any(|(_, status)| *status == 1) => Err(Refusal::Suspended),
        0 => Err(Refusal::NoTenant),
        _ => Err(Refusal::ChooseTenant),
    }
}

#[test]
fn every_small_world_gets_the_tenant_of_the_published_order() {
    let id = |number: u64| tenant_id(["none", "acme", "globex", "initech"][usize::try_from(number).unwrap()]);
    let statuses = [MembershipStatus::Active, MembershipStatus::Suspended, MembershipStatus::Removed];
    let mut worlds = 0;
    // Each of three tenants: no membership (3) or one of a status; each default, binding and request, none (0) included.
    for world in 0..4_u64.pow(6) {
        let digit = |place: u32| world / 4_u64.pow(place) % 4;
        let held: Vec<(u64, u64)> =
            (0..3).map(|at| (u64::from(at) + 1, digit(at))).filter(|(_, status)| *status < 3).collect();
        let (default, bound, asked) = (digit(3), digit(4), digit(5));
        let memberships = held
            .iter()
            .map(|(number, status)| {
                membership(id(*number).as_str(), statuses[usize::try_from(*status).unwrap()])
            })
            .collect();
        let of = |number: u64| (number != 0).then(|| id(number));
        let records = UserRecords { memberships, profile: Profile { default_tenant: of(default) } };
        let wanted = of(asked).map_or(AskedTenant::None, AskedTenant::Tenant);

        let chosen =
            choose(&records, of(bound).as_ref(), &wanted).map(|(membership, _)| membership.tenant.clone());

        assert_eq!(chosen, naive(&held, default, bound, asked).map(id), "{held:?} {default} {bound} {asked}");
        worlds += 1;
    }
    assert_eq!(worlds, 4_096, "all of them");
}
