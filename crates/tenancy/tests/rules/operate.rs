//! What operators may change.

use std::collections::BTreeMap;

use tenancy::MembershipStatus::{Active, Removed, Suspended};
use tenancy::operate::bindings::{self, ProviderTerms};
use tenancy::operate::domains;
use tenancy::operate::invites::{self, InviteState, NewInvite};
use tenancy::operate::members::{self, MemberChange, MemberEdit};
use tenancy::operate::tenants::{self, TenantEdit};
use tenancy::operate::{Rule, roles_in_words};
use tenancy::route::MailRoute;
use tenancy::{
    ClientBinding, ClientBindingMode, Invite, InviteHash, InviteStatus, MembershipStatus, ProviderBinding,
    RoleGrant, TenantStatus, Timestamp, UserKey, UserRecords,
};

use crate::support::{NOW, code, membership, records, roles, tenant, tenant_id};

const DAY: u64 = 24 * 60 * 60;

fn user() -> UserKey {
    UserKey { pool: "eu-west-1_X".parse().unwrap(), sub: "sub-1".parse().unwrap() }
}

fn invite(uses: u64, status: InviteStatus) -> Invite {
    Invite {
        hash: code().hash(),
        tenant: tenant_id("acme"),
        email: Some("ana@example.com".parse().unwrap()),
        roles: roles(&["editor"]),
        uses,
        max_uses: 3,
        status,
        expires_at: NOW.plus_seconds(DAY),
        created_at: NOW,
    }
}

fn new_invite(max_uses: u64, expires_at: Timestamp) -> NewInvite {
    NewInvite { tenant: tenant_id("acme"), email: None, roles: roles(&["editor"]), max_uses, expires_at }
}

fn other_hash() -> InviteHash {
    "a".repeat(64).parse().unwrap()
}

#[test]
fn an_offboarded_tenant_stays_so_for_good() {
    let gone = tenant("acme", TenantStatus::Offboarded);
    let status = |status| TenantEdit { status: Some(status), ..TenantEdit::default() };
    let name = TenantEdit { name: Some("Acme 2".parse().unwrap()), ..TenantEdit::default() };

    for edit in [status(TenantStatus::Active), status(TenantStatus::Suspended), name] {
        assert_eq!(tenants::edit(&gone, None, edit), Err(Rule::TenantFinal(tenant_id("acme"))));
    }
    assert_eq!(tenants::edit(&gone, None, status(TenantStatus::Offboarded)), Ok(None), "offboarded twice");
}

#[test]
fn a_tenants_change_names_what_is_different_and_nothing_else() {
    let acme = tenant("acme", TenantStatus::Active);
    let (old, new) = ("acme".parse().unwrap(), "acme-inc".parse().unwrap());
    let grant = RoleGrant {
        groups: vec!["admins".parse().unwrap()],
        iam_role: Some("arn:aws:iam::1:role/a".to_owned()),
    };
    let admin: BTreeMap<_, _> = [("admin".parse().unwrap(), grant)].into();
    let same = TenantEdit {
        name: Some(acme.name.clone()),
        slug: Some(old),
        tier: Some(acme.tier.clone()),
        status: Some(acme.status),
        roles: Some(BTreeMap::new()),
    };
    let slug = same.slug.clone();
    let edit = TenantEdit {
        slug: Some(new),
        tier: Some("free".parse().unwrap()),
        roles: Some(admin),
        ..same.clone()
    };

    let change = tenants::edit(&acme, slug.as_ref(), edit).unwrap().unwrap();

    assert_eq!((change.edit.name, change.edit.status), (None, None));
    assert_eq!(
        change.detail,
        "tier pro -> free, slug acme -> acme-inc, \
         role admin (not listed) -> [admins] with arn:aws:iam::1:role/a"
    );
    assert_eq!(tenants::edit(&acme, slug.as_ref(), same), Ok(None), "everything is so already");
}

#[test]
fn a_slug_belongs_to_one_tenant() {
    let slug = "acme".parse().unwrap();

    assert_eq!(tenants::check_slug_is_free(&slug, None), Ok(()));
    let taken = tenants::check_slug_is_free(&slug, Some(tenant_id("globex"))).unwrap_err();
    assert_eq!(taken.to_string(), "the slug `acme` belongs to tenant `globex`; choose another");
}

#[test]
fn nothing_new_is_tied_to_an_offboarded_tenant() {
    let gone = tenant("acme", TenantStatus::Offboarded);
    let refused = Rule::TenantOffboarded(tenant_id("acme"));
    let suspended = records(vec![membership("acme", Suspended)], None);
    let terms = ProviderTerms { joins: true, default_roles: Vec::new(), is_email_trusted: false };

    let (client, provider) = ("client".parse().unwrap(), "Okta".parse().unwrap());
    let tried = [
        members::add(&gone, &user(), &UserRecords::default(), &[], None).unwrap_err(),
        members::set_roles(&gone, &user(), &suspended, &roles(&["admin"])).unwrap_err(),
        members::resume(&gone, &user(), &suspended).unwrap_err(),
        bindings::bind_client(&gone, &client, None, ClientBindingMode::Required).unwrap_err(),
        bindings::bind_provider(&gone, &provider, None, &terms).unwrap_err(),
    ];

    assert_eq!(tried, [(); 5].map(|()| refused.clone()));
    let suspension = members::set_status(&gone.id, &user(), &suspended, Removed).unwrap().unwrap();
    assert_eq!(suspension.edits, [MemberEdit::SetStatus(Removed)], "members can still be removed");
}

#[test]
fn who_is_added_is_new_or_was_removed() {
    let acme = tenant("acme", TenantStatus::Active);
    let (sub, id) = (user().sub, tenant_id("acme"));
    let add = |records: &UserRecords, names: &[&str]| {
        members::add(&acme, &user(), records, &roles(names), None).map(|change| change.map(|c| c.edits))
    };
    let with = |status: MembershipStatus| records(vec![membership("acme", status)], Some("globex"));

    assert_eq!(add(&with(Active), &["viewer"]), Ok(None), "so already");
    assert_eq!(
        add(&with(Active), &["admin"]),
        Err(Rule::MemberExists { sub: sub.clone(), tenant: id.clone() })
    );
    assert_eq!(add(&with(Suspended), &["viewer"]), Err(Rule::MemberSuspended { sub, tenant: id }));
    assert_eq!(
        add(&with(Removed), &["admin"]),
        Ok(Some(vec![MemberEdit::Revive { roles: roles(&["admin"]) }, MemberEdit::MakeDefault])),
        "the default named a tenant without an active membership"
    );
    let elsewhere = records(vec![membership("globex", Active)], None);
    assert_eq!(
        add(&elsewhere, &["admin"]),
        Ok(Some(vec![MemberEdit::Add { roles: roles(&["admin"]), username: None }])),
        "a default that gives tokens stays"
    );
}

#[test]
fn a_removed_member_is_neither_suspended_nor_resumed_nor_given_roles() {
    let acme = tenant("acme", TenantStatus::Active);
    let removed = records(vec![membership("acme", Removed)], None);
    let refused = Rule::MemberRemoved { sub: user().sub, tenant: tenant_id("acme") };

    assert_eq!(members::resume(&acme, &user(), &removed), Err(refused.clone()));
    assert_eq!(members::set_status(&acme.id, &user(), &removed, Suspended), Err(refused.clone()));
    assert_eq!(members::set_roles(&acme, &user(), &removed, &roles(&["admin"])), Err(refused));
    assert_eq!(members::set_status(&acme.id, &user(), &removed, Removed), Ok(None), "removed twice");
    let nobody = members::resume(&acme, &user(), &UserRecords::default()).unwrap_err();
    assert_eq!(nobody.to_string(), "user sub-1 is no member of `acme`");
}

#[test]
fn the_default_tenant_is_one_that_gives_tokens() {
    let set = |status, membership_status, default| {
        let records = records(vec![membership("acme", membership_status)], default);
        members::set_default(&tenant("acme", status), &user(), &records)
    };
    let refused = Err(Rule::MemberNotActive { sub: user().sub, tenant: tenant_id("acme") });

    assert_eq!(set(TenantStatus::Suspended, Active, None), refused);
    assert_eq!(set(TenantStatus::Active, Suspended, None), refused);
    assert_eq!(set(TenantStatus::Active, Active, Some("acme")), Ok(None), "so already");
    let change = set(TenantStatus::Active, Active, Some("globex")).unwrap().unwrap();
    assert_eq!(change.edits, [MemberEdit::MakeDefault, MemberEdit::RenewStamp]);
    assert_eq!(change.detail.as_deref(), Some("globex -> acme"));
}

#[test]
fn only_a_default_without_any_membership_is_forgotten() {
    let foreign = records(vec![membership("acme", Active)], Some("globex"));
    let lost = records(vec![membership("globex", Removed)], Some("globex"));

    assert_eq!(members::foreign_default(&foreign), Some(&tenant_id("globex")));
    assert_eq!(members::foreign_default(&lost), None, "the next sign-in moves it");
}

#[test]
fn an_invite_lives_thirty_days_at_most_and_is_for_a_bounded_number() {
    let check = |status, max_uses, life| {
        invites::check_terms(&tenant("acme", status), &new_invite(max_uses, NOW.plus_seconds(life)), NOW)
    };
    let active = TenantStatus::Active;
    let rows = [
        (check(active, 1, 1), Ok(())),
        (check(active, 10_000, 30 * DAY), Ok(())),
        (check(active, 1, 0), Err(Rule::InviteExpired)),
        (check(active, 1, 30 * DAY + 1), Err(Rule::InviteTooLong)),
        (check(active, 0, DAY), Err(Rule::InviteUses)),
        (check(active, 10_001, DAY), Err(Rule::InviteUses)),
        (check(TenantStatus::Suspended, 1, DAY), Err(Rule::TenantNotActive(tenant_id("acme")))),
    ];

    for (row, (found, expected)) in rows.into_iter().enumerate() {
        assert_eq!(found, expected, "row {row}");
    }
}

#[test]
fn an_address_has_one_open_invite_of_a_tenant() {
    let acme = tenant_id("acme");
    let open = invite(0, InviteStatus::Open);

    let refused = invites::check_none_open(&acme, Some(&open), NOW).unwrap_err();

    assert_eq!(refused.name(), "invite-open");
    for ended in [invite(3, InviteStatus::Open), invite(0, InviteStatus::Revoked)] {
        assert_eq!(invites::check_none_open(&acme, Some(&ended), NOW), Ok(()));
        assert_eq!(invites::check_none_newer(Some(&ended), NOW), Ok(()));
    }
    assert_eq!(invites::check_none_open(&acme, Some(&open), open.expires_at), Ok(()), "it has expired");
    assert_eq!(invites::check_none_newer(Some(&open), NOW), Err(Rule::NewerInviteOpen(open.hash.clone())));
}

#[test]
fn a_resent_invite_has_the_uses_that_were_left() {
    let acme = tenant("acme", TenantStatus::Active);
    let until = NOW.plus_seconds(2 * DAY);

    let new = invites::resend(&acme, &invite(2, InviteStatus::Open), until, NOW).unwrap();

    assert_eq!((new.max_uses, new.expires_at), (1, until));
    assert_eq!(new.email, invite(2, InviteStatus::Open).email);
    let refused = |invite: &Invite| invites::resend(&acme, invite, until, NOW).unwrap_err();
    assert_eq!(refused(&invite(3, InviteStatus::Open)), Rule::InviteUsedUp);
    assert_eq!(refused(&invite(0, InviteStatus::Revoked)), Rule::InviteRevoked);
}

#[test]
fn a_resent_invite_keeps_its_place_while_the_old_one_is_open() {
    let open = invite(0, InviteStatus::Open);

    assert!(invites::keeps_place(&open, Some(&open.hash), NOW));
    assert!(!invites::keeps_place(&open, Some(&open.hash), open.expires_at), "it has expired");
    assert!(!invites::keeps_place(&open, Some(&other_hash()), NOW), "the address has another");
    assert!(!invites::keeps_place(&open, None, NOW));
}

#[test]
fn an_invite_that_is_used_up_is_not_revoked() {
    assert_eq!(invites::revoke(&invite(2, InviteStatus::Open)), Ok(true));
    assert_eq!(invites::revoke(&invite(3, InviteStatus::Open)), Err(Rule::NothingToRevoke));
    assert_eq!(invites::revoke(&invite(3, InviteStatus::Revoked)), Ok(false), "revoked before");
    assert_eq!(InviteState::of(&invite(3, InviteStatus::Open), NOW).name(), "used-up");
}

#[test]
fn what_is_bound_to_another_tenant_is_unbound_first() {
    let acme = tenant("acme", TenantStatus::Suspended);
    let (client, provider) = ("client".parse().unwrap(), "Okta".parse().unwrap());
    let bound = |tenant: &str| ClientBinding { tenant: tenant_id(tenant), mode: ClientBindingMode::Required };
    let federated = |tenant: &str| ProviderBinding {
        tenant: tenant_id(tenant),
        joins: true,
        default_roles: roles(&["viewer"]),
        is_email_trusted: false,
    };
    let terms = ProviderTerms::of(&federated("acme"));
    let bind = |bound: Option<&ClientBinding>, mode| bindings::bind_client(&acme, &client, bound, mode);
    let federate = |bound: Option<&ProviderBinding>, terms: &ProviderTerms| {
        bindings::bind_provider(&acme, &provider, bound, terms)
    };

    assert_eq!(bind(None, ClientBindingMode::Required), Ok(true));
    assert_eq!(bind(Some(&bound("acme")), ClientBindingMode::Required), Ok(false), "so already");
    assert_eq!(bind(Some(&bound("acme")), ClientBindingMode::Machine), Ok(true));
    let refused = bind(Some(&bound("globex")), ClientBindingMode::Required).unwrap_err();
    assert_eq!(refused.to_string(), "app client client is bound to tenant `globex`");
    assert_eq!(federate(None, &terms), Ok(true));
    assert_eq!(federate(Some(&federated("acme")), &terms), Ok(false), "so already");
    assert_eq!(
        federate(Some(&federated("acme")), &ProviderTerms { joins: false, ..terms.clone() }),
        Ok(true)
    );
    assert_eq!(federate(Some(&federated("globex")), &terms).unwrap_err().name(), "idp-bound");
    assert_eq!(terms.detail(), "joins with viewer, e-mail not trusted");
    let trusted = ProviderTerms { joins: false, is_email_trusted: true, ..terms.clone() };
    assert_eq!(trusted.detail(), "does not join, e-mail trusted");
    assert_eq!(roles_in_words(&[]), "no roles");
}

#[test]
fn a_mail_domain_leads_to_one_tenant() {
    let domain = "acme.com".parse().unwrap();
    let acme = tenant("acme", TenantStatus::Suspended);
    let of = |tenant: &str| MailRoute { tenant: tenant_id(tenant), is_routed: true };
    let set = |present: Option<&MailRoute>, is_routed| domains::set(&acme, &domain, present, is_routed);

    assert_eq!(set(None, true), Ok(true));
    assert_eq!(set(Some(&of("acme")), true), Ok(false), "so already");
    assert_eq!(set(Some(&of("acme")), false), Ok(true));
    assert_eq!(set(Some(&of("globex")), true).unwrap_err().name(), "domain-taken");
    let gone = tenant("acme", TenantStatus::Offboarded);
    assert_eq!(domains::set(&gone, &domain, None, true).unwrap_err().name(), "tenant-offboarded");
}

#[test]
fn the_audit_tells_what_was_done_to_a_member() {
    let acme = tenant("acme", TenantStatus::Active);
    let with = |status| records(vec![membership("acme", status)], Some("acme"));
    let told = |change: Result<Option<MemberChange>, Rule>| {
        let change = change.unwrap().unwrap();
        (change.action, change.edits, change.detail.unwrap_or_default())
    };
    let set = |records: &UserRecords, status| told(members::set_status(&acme.id, &user(), records, status));
    let admin = roles(&["admin"]);

    let (action, edits, detail) = told(members::set_roles(&acme, &user(), &with(Active), &admin));
    assert_eq!((action, detail.as_str()), ("member.set-roles", "viewer -> admin"));
    assert_eq!(edits, [MemberEdit::SetRoles(admin)]);
    assert_eq!(
        members::set_roles(&acme, &user(), &with(Active), &roles(&["viewer"])),
        Ok(None),
        "so already"
    );
    assert_eq!(set(&with(Active), Suspended).0, "member.suspend");
    assert_eq!(set(&with(Suspended), Removed).0, "member.remove");
    let (action, edits, _) = told(members::resume(&acme, &user(), &with(Suspended)));
    assert_eq!((action, edits), ("member.resume", vec![MemberEdit::SetStatus(Active)]));
    let stamp = members::note_stamp(&acme.id, &user(), &with(Active), "none -> acme").unwrap();
    assert_eq!((stamp.action, stamp.detail.as_deref()), ("member.stamp", Some("none -> acme")));
    assert!(members::note_stamp(&tenant_id("globex"), &user(), &with(Active), "").is_err());
}

#[test]
fn an_invite_is_open_until_it_is_revoked_used_up_or_expired() {
    let until = invite(0, InviteStatus::Open).expires_at;
    let state = |uses, status, now| InviteState::of(&invite(uses, status), now);

    assert_eq!(state(2, InviteStatus::Open, NOW), InviteState::Open);
    assert_eq!(state(2, InviteStatus::Open, until), InviteState::Expired);
    assert_eq!(state(3, InviteStatus::Open, until), InviteState::UsedUp);
    assert_eq!(state(3, InviteStatus::Revoked, until), InviteState::Revoked);
}
