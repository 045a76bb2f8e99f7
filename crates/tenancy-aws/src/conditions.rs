//! What each write rests on. A condition that is dropped is a race that somebody wins.

use tenancy::join::{DefaultChange, JoinPlan, MembershipChange, Way};
use tenancy::operate::bindings::ProviderTerms;
use tenancy::operate::cells::CellEdit;
use tenancy::operate::invites::NewInvite;
use tenancy::operate::tenants::TenantEdit;
use tenancy::route::MailRoute;
use tenancy::{
    Cell, CellStatus, ClientBindingMode, EmailHash, InviteCode, MembershipStatus, Place, Tenant, TenantId,
    TenantStatus, Timestamp, UserKey,
};

use crate::change::{Change, Step};
use crate::records::cell::CellRecord;
use crate::records::client::ClientRecord;
use crate::records::domain::DomainRecord;
use crate::records::invite::InviteRecord;
use crate::records::member::MemberRecord;
use crate::records::pointer::{self, PointerRecord};
use crate::records::provider::ProviderRecord;
use crate::records::tenant::TenantRecord;
use crate::records::{cell, client, domain, invite, listed, member, profile, provider, slug, tenant};
use crate::store::writes_of;
use crate::write::Write;

const NOW: Timestamp = Timestamp::from_epoch_seconds(100);

fn acme() -> TenantId {
    "acme".parse().unwrap()
}

fn ana() -> UserKey {
    UserKey { pool: "pool".parse().unwrap(), sub: "ana".parse().unwrap() }
}

fn code() -> InviteCode {
    "inv_0123456789ABCDEFGHJKMNPQRS".parse().unwrap()
}

fn email() -> EmailHash {
    EmailHash::of(&"ana@acme.com".parse().unwrap())
}

/// The conditions, without the hashes and the texts that are the same in all of them.
fn required(writes: impl IntoIterator<Item = Write>) -> Vec<String> {
    let hash = code().hash();
    let short = |text: String| text.replace(hash.as_str(), "h").replace(email().as_str(), "e");
    writes.into_iter().map(|write| short(write.required())).collect()
}

/// The conditions of an operator's steps. That the item exists is one of each.
fn guarded(steps: impl IntoIterator<Item = Step>) -> Vec<String> {
    let steps = required(Change::of(steps.into_iter().collect()).into_writes());
    let short = |line: String| {
        let (key, condition) = line.split_once(": ").unwrap();
        let guards =
            condition.strip_prefix("attribute_exists(pk)").map(|rest| rest.trim_start_matches(" AND "));
        format!("{key}: {}", guards.unwrap_or(condition))
    };
    steps.into_iter().map(short).collect()
}

fn join() -> JoinPlan {
    JoinPlan {
        user: ana(),
        username: None,
        way: Way::Invite(code().hash()),
        spent_pointer: Some(email()),
        keep_until: None,
        tenant: acme(),
        roles: Vec::new(),
        membership: MembershipChange::Create,
        default: Some(DefaultChange { from: None, to: acme() }),
        at: NOW,
        request_id: "request".to_owned(),
    }
}

#[test]
fn a_join_rests_on_all_that_it_was_decided_from() {
    assert_eq!(
        required(writes_of(&join())),
        [
            "USER#pool#ana/TENANT#acme: attribute_not_exists(pk)",
            "TENANT#acme/AUDIT#100#19902b2d-pool-ana: -",
            "USER#pool#ana/PROFILE: attribute_not_exists(defaultTid)",
            "INVITE#h/META: status = open AND expiresAt > 100 AND uses < maxUses AND tid = acme",
            "INVITE#h/USE#pool#ana: attribute_not_exists(pk)",
            "EMAIL#e/TENANT#acme: h = h",
        ]
    );
    let more_roles = JoinPlan {
        way: Way::Provider("Okta".parse().unwrap()),
        membership: MembershipChange::AddRoles { version: 7 },
        default: Some(DefaultChange { from: Some("old".parse().unwrap()), to: acme() }),
        ..join()
    };
    assert_eq!(
        required(writes_of(&more_roles)),
        [
            "USER#pool#ana/TENANT#acme: status = active AND tid = acme AND (ver = 7 OR attribute_not_exists(ver))",
            "TENANT#acme/AUDIT#100#idp-pool-ana: -",
            "USER#pool#ana/PROFILE: defaultTid = old",
            "IDP#pool#Okta/PTR: tid = acme AND join = true",
        ]
    );
    assert_eq!(
        required([member::note_stamp(&ana(), &acme())]),
        ["USER#pool#ana/TENANT#acme: attribute_exists(pk)"]
    );
}

#[test]
fn a_change_of_a_member_or_an_invite_rests_on_what_was_read() {
    let item = member::encode(&ana(), &acme(), &[], None, None, NOW);
    let record = MemberRecord::decode(ana(), item).unwrap();
    let profile = match profile::with_default(&ana(), None, Some(&acme())) {
        Step::Create(item) => item,
        other => panic!("{other:?}"),
    };
    let roles = "L([])";
    assert_eq!(
        guarded([
            record.revived(&[]),
            record.with_roles(&[]),
            record.with_status(MembershipStatus::Removed),
            record.with_pending_stamp(),
            record.with_stamp_done(),
            profile::with_default(&ana(), None, Some(&acme())),
            profile::with_default(&ana(), Some(&profile), None),
        ]),
        [
            format!("USER#pool#ana/TENANT#acme: ver = 1 AND status = active AND roles = {roles}").as_str(),
            format!("USER#pool#ana/TENANT#acme: ver = 1 AND status = active AND roles = {roles}").as_str(),
            "USER#pool#ana/TENANT#acme: ver = 1 AND status = active",
            "USER#pool#ana/TENANT#acme: ver = 1 AND status = active",
            "USER#pool#ana/TENANT#acme: status = active AND stamp = pending",
            "USER#pool#ana/PROFILE: attribute_not_exists(pk)",
            "USER#pool#ana/PROFILE: ver = 1 AND defaultTid = acme",
        ]
    );

    let (hash, terms) = (
        code().hash(),
        NewInvite { tenant: acme(), email: None, roles: Vec::new(), max_uses: 2, expires_at: NOW },
    );
    let new = invite::encode(&terms, &hash, "ops", NOW);
    let record = InviteRecord::decode(&hash, new.clone()).unwrap();
    let pointed =
        |pointer| pointer::pointed(pointer, pointer::key(&email(), &acme()), &hash, (NOW, NOW), false);
    let present = || match pointed(None) {
        Step::Create(item) => PointerRecord::decode(item).unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        guarded([
            Step::Create(new),
            record.revoked(),
            record.replaced(),
            pointed(None),
            pointed(Some(present())),
            present().deleted(),
        ]),
        [
            "INVITE#h/META: attribute_not_exists(pk)",
            "INVITE#h/META: status = open",
            "INVITE#h/META: status = open AND uses = 0",
            "EMAIL#e/TENANT#acme: attribute_not_exists(pk)",
            "EMAIL#e/TENANT#acme: h = h",
            "EMAIL#e/TENANT#acme: h = h",
        ]
    );
}

#[test]
fn a_change_of_a_tenant_or_a_cell_rests_on_what_was_read() {
    let acme_inc = "acme-inc".parse().unwrap();
    let read = Tenant {
        id: acme(),
        name: "Acme".parse().unwrap(),
        tier: "pro".parse().unwrap(),
        status: TenantStatus::Active,
        roles: std::collections::BTreeMap::new(),
        pools: Vec::new(),
    };
    let item = tenant::encode(&read, &Place::default(), &acme_inc, NOW);
    let record = TenantRecord::decode(&acme(), item).unwrap();
    let edit = TenantEdit {
        name: Some("Other".parse().unwrap()),
        slug: Some("other".parse().unwrap()),
        tier: Some("free".parse().unwrap()),
        status: Some(TenantStatus::Suspended),
        roles: Some(std::collections::BTreeMap::new()),
    };
    let public = listed::encode(&acme_inc, &acme(), &read.name);
    let steps = [
        record.require_status(),
        record.edited(&edit),
        record.moved(&Place::default(), &[]),
        slug::freed(slug::encode(&acme_inc, &acme()), &acme()).unwrap(),
        listed::renamed(&public, &read.name),
        listed::deleted(public),
    ];
    assert_eq!(
        guarded(steps),
        [
            "TENANT#acme/META: status = active",
            "TENANT#acme/META: ver = 1 AND name = Acme AND tier = pro AND status = active AND slug = acme-inc AND roles = M({})",
            "TENANT#acme/META: ver = 1 AND status = active",
            "SLUG#acme-inc/PTR: tid = acme",
            "LISTED/acme-inc: tid = acme",
            "LISTED/acme-inc: tid = acme",
        ]
    );

    let name = "here".parse().unwrap();
    let read = Cell {
        name,
        pool: "pool".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        status: CellStatus::Open,
        capacity: 5,
        tenants: 3,
        tiers: Vec::new(),
        client: None,
        domain: "login.example.com".parse().unwrap(),
        issuer: None,
        scopes: Vec::new(),
    };
    let record = CellRecord::decode(&read.name, cell::encode(&read, NOW)).unwrap();
    let closed = CellEdit { status: Some(CellStatus::Closed), ..CellEdit::default() };
    let edit = CellEdit {
        status: Some(CellStatus::Draining),
        capacity: Some(1),
        tiers: Some(Vec::new()),
        client: Some("client".parse().unwrap()),
    };
    let steps = [
        record.with_one_more(),
        record.with_one_less().unwrap(),
        record.recounted(4),
        record.edited(&closed),
        record.edited(&edit),
    ];
    assert_eq!(
        guarded(steps),
        [
            "CELL#here/META: status = open AND attribute_not_exists(tiers) AND pool = pool AND tenants < capacity",
            "CELL#here/META: tenants >= 1",
            "CELL#here/META: tenants = 3 AND ver = 1",
            "CELL#here/META: status = open AND tenants = 3",
            "CELL#here/META: status = open AND capacity = 5 AND attribute_not_exists(clientId) AND attribute_not_exists(tiers)",
        ]
    );
}

#[test]
fn a_change_of_a_binding_or_a_domain_rests_on_what_was_read() {
    let (pool, okta, app) = ("pool".parse().unwrap(), "Okta".parse().unwrap(), "app".parse().unwrap());
    let terms = ProviderTerms { joins: true, default_roles: Vec::new(), is_email_trusted: false };
    let idp = || ProviderRecord::decode(provider::encode(&pool, &okta, &acme(), &terms)).unwrap();
    let bound =
        || ClientRecord::decode(client::encode(&pool, &app, &acme(), ClientBindingMode::Required)).unwrap();
    let route = MailRoute { tenant: acme(), is_routed: true };
    let domain = || DomainRecord::decode(domain::encode(&"acme.com".parse().unwrap(), &route, NOW)).unwrap();
    let steps = [
        idp().with_terms(&terms),
        idp().deleted(),
        bound().with_mode(ClientBindingMode::Machine),
        bound().deleted(),
        domain().routed(false, NOW),
        domain().deleted(),
        Step::RequireNone(member::key(&ana(), &acme())),
    ];
    assert_eq!(
        guarded(steps),
        [
            "IDP#pool#Okta/PTR: tid = acme AND join = true AND defaultRoles = L([]) AND emailTrusted = false",
            "IDP#pool#Okta/PTR: tid = acme AND join = true AND emailTrusted = false",
            "CLIENT#pool#app/PTR: tid = acme AND mode = required",
            "CLIENT#pool#app/PTR: tid = acme AND mode = required",
            "DOMAIN#acme.com/PTR: tid = acme AND route = true AND ver = 1",
            "DOMAIN#acme.com/PTR: tid = acme AND ver = 1",
            "USER#pool#ana/TENANT#acme: attribute_not_exists(pk)",
        ]
    );
}
