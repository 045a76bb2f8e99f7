//! Who may redeem an invite, and what is written then.

use std::sync::Arc;

use tenancy::address::Identities;
use tenancy::confirm::missing_stamp;
use tenancy::invite::DEFAULT_LIFE_SECONDS;
use tenancy::join::rules::{Standing, Verdict, judge};
use tenancy::join::{
    Applicant, DefaultChange, JoinRefusal, MembershipChange, Offer, OfferTerms, Redeem, Way,
};
use tenancy::{
    EmailAddress, EmailHash, Invite, InviteStatus, Membership, MembershipStatus, Presented, Stamp, Tenant,
    TenantStatus, Timestamp, UserKey, UserRecords,
};

use crate::support::{NOW, code, membership, records, roles, tenant, tenant_id};

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
            pointer: None,
        }),
        damaged_pointer: None,
    }
}

fn with(change: impl FnOnce(&mut OfferTerms)) -> Offer {
    let mut offer = offer();
    change(offer.terms.as_mut().unwrap());
    offer
}

fn verdict(offer: &Offer, records: &UserRecords, email: Option<&str>) -> Verdict {
    verdict_of(offer, records, email, true)
}

fn verdict_of(offer: &Offer, records: &UserRecords, email: Option<&str>, is_verified: bool) -> Verdict {
    let user = UserKey { pool: "eu-west-1_X".parse().unwrap(), sub: "sub-1".parse().unwrap() };
    let email = email.map(|email| email.parse::<EmailAddress>().unwrap());
    let presented = Presented::Given(code());
    let applicant = Applicant {
        user: &user,
        pool_tenant: None,
        redeem: Redeem::On,
        username: None,
        email: email.as_ref(),
        is_email_verified: is_verified,
        identities: &Identities::None,
        is_fresh_from_provider: false,
        verified_providers: &[],
        is_refresh: false,
        code: &presented,
        request_id: "request-1",
        now: NOW,
    };
    let standing =
        Standing { is_address_good: is_verified, keeps_default: records.profile.default_tenant.is_some() };
    judge(&applicant, &code().hash(), offer, records, standing)
}

#[test]
fn an_invite_is_refused_for_each_reason_that_there_is() {
    let nobody = UserRecords::default();
    let bound = with(|terms| terms.invite.email = Some("ana@example.com".parse().unwrap()));
    let suspended = records(vec![membership("acme", MembershipStatus::Suspended)], None);
    let removed = records(vec![membership("acme", MembershipStatus::Removed)], None);
    let rows = [
        ("no such invite", Offer::default(), &nobody, None, JoinRefusal::Unknown),
        ("revoked", with(|t| t.invite.status = InviteStatus::Revoked), &nobody, None, JoinRefusal::Revoked),
        (
            "expired a second ago",
            with(|t| t.invite.expires_at = Timestamp::from_epoch_seconds(NOW.epoch_seconds() - 1)),
            &nobody,
            None,
            JoinRefusal::Expired,
        ),
        ("expires now", with(|t| t.invite.expires_at = NOW), &nobody, None, JoinRefusal::Expired),
        ("used up", with(|t| t.invite.uses = 1), &nobody, None, JoinRefusal::UsedUp),
        ("overused", with(|t| t.invite.uses = 9), &nobody, None, JoinRefusal::UsedUp),
        ("no address", bound.clone(), &nobody, None, JoinRefusal::WrongAddress),
        ("another address", bound.clone(), &nobody, Some("eve@example.com"), JoinRefusal::WrongAddress),
        (
            "suspended tenant",
            with(|t| t.tenant = Arc::new(tenant("acme", TenantStatus::Suspended))),
            &nobody,
            None,
            JoinRefusal::TenantNotActive,
        ),
        (
            "offboarded tenant",
            with(|t| t.tenant = Arc::new(tenant("acme", TenantStatus::Offboarded))),
            &nobody,
            None,
            JoinRefusal::TenantNotActive,
        ),
        (
            "tenant in other pools",
            with(|t| {
                let pools = vec!["eu-west-1_Y".parse().unwrap()];
                t.tenant = Arc::new(Tenant { pools, ..tenant("acme", TenantStatus::Active) });
            }),
            &nobody,
            None,
            JoinRefusal::OtherPool,
        ),
        ("suspended member", offer(), &suspended, None, JoinRefusal::MembershipNotActive),
        ("removed member", offer(), &removed, None, JoinRefusal::MembershipNotActive),
    ];

    for (row, offer, records, email, expected) in rows {
        assert_eq!(verdict(&offer, records, email), Verdict::Refuse(expected), "{row}");
    }
    assert_eq!(
        verdict_of(&bound, &nobody, Some("ana@example.com"), false),
        Verdict::Refuse(JoinRefusal::AddressNotVerified)
    );
}

#[test]
fn a_redemption_says_all_that_is_to_be_written() {
    let bound = with(|terms| {
        terms.invite.email = Some("Ana@example.com".parse().unwrap());
        terms.invite.expires_at = NOW.plus_seconds(1);
        terms.pointer = Some(EmailHash::of(&"ana@example.com".parse().unwrap()));
    });

    let Verdict::Join(plan) = verdict(&bound, &UserRecords::default(), Some("ana@EXAMPLE.com")) else {
        panic!("the invite of one's own address is redeemed in its last second")
    };

    assert_eq!(plan.membership, MembershipChange::Create);
    assert_eq!(plan.roles, roles(&["editor", "viewer"]));
    let default = Some(DefaultChange { from: None, to: tenant_id("acme") });
    assert_eq!(plan.default, default);
    assert_eq!(plan.way, Way::Invite(code().hash()));
    assert_eq!(plan.spent_pointer, Some(EmailHash::of(&"ana@example.com".parse().unwrap())));
    assert_eq!(plan.keep_until, Some(NOW.plus_seconds(1 + 30 * 24 * 60 * 60)));
}

#[test]
fn an_active_member_gets_the_invites_roles_in_addition() {
    let member = records(vec![membership("acme", MembershipStatus::Active)], Some("globex"));

    let Verdict::Join(plan) = verdict(&with(|terms| terms.invite.max_uses = 2), &member, None) else {
        panic!("an invite of the same tenant adds roles")
    };

    assert_eq!(plan.membership, MembershipChange::AddRoles { version: 3 });
    assert_eq!(plan.roles, roles(&["viewer", "editor"]), "what is there comes first, nothing twice");
    assert_eq!(plan.default, None, "the default tenant stays");
    assert_eq!((&plan.way, &plan.spent_pointer), (&Way::Invite(code().hash()), &None));
}

#[test]
fn the_same_user_again_gets_the_first_outcome() {
    let used = Offer { used_for: Some(tenant_id("acme")), ..with(|terms| terms.invite.uses = 1) };
    let dropped = Offer { used_for: Some(tenant_id("acme")), terms: None, damaged_pointer: None };

    assert_eq!(verdict(&used, &UserRecords::default(), None), Verdict::Already(tenant_id("acme")));
    assert_eq!(verdict(&dropped, &UserRecords::default(), None), Verdict::Already(tenant_id("acme")));
}

#[test]
fn a_stamp_names_the_default_tenant_only_while_it_gives_tokens() {
    let pending =
        |tenant: &str| Membership { stamp: Stamp::Pending, ..membership(tenant, MembershipStatus::Active) };
    let suspended = membership("globex", MembershipStatus::Suspended);
    let stamped = |memberships: Vec<Membership>, default, over: &str| {
        let plan = missing_stamp(&records(memberships, Some(default)), |tenant| tenant.as_str() == over)?;
        Some((plan.tenant.to_string(), plan.memberships.len()))
    };
    let rows = [
        ("active", vec![pending("acme"), pending("globex")], "", Some(("globex", 2))),
        (
            "stamped before",
            vec![pending("acme"), membership("globex", MembershipStatus::Active)],
            "",
            Some(("globex", 1)),
        ),
        ("suspended", vec![pending("acme"), suspended], "", Some(("acme", 1))),
        ("no member of it", vec![pending("acme")], "", Some(("acme", 1))),
        ("over", vec![pending("acme"), pending("globex")], "globex", Some(("acme", 1))),
        ("nothing is pending", vec![membership("globex", MembershipStatus::Active)], "", None),
    ];

    for (row, memberships, over, expected) in rows {
        let expected = expected.map(|(tenant, count)| (tenant.to_owned(), count));
        assert_eq!(stamped(memberships, "globex", over), expected, "the default is {row}");
    }
}

#[test]
fn an_invite_lives_a_week_unless_it_is_said() {
    assert_eq!(DEFAULT_LIFE_SECONDS, 604_800);
}
