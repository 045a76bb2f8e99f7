//! The functions and the operators can read the items that are written.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::operate::bindings::ProviderTerms;
use tenancy::operate::invites::NewInvite;
use tenancy::route::{ListedTenant, MailRoute};
use tenancy::{
    Cell, CellStatus, ClientBindingMode, EmailAddress, EmailHash, InviteCode, InviteStatus, MembershipStatus,
    Place, RoleGrant, Stamp, Tenant, TenantId, TenantStatus, Timestamp, UserKey, Username,
};

use super::audit::{AuditOf, AuditRecord, NewAudit};
use super::cell::CellRecord;
use super::client::ClientRecord;
use super::invite::InviteRecord;
use super::invite_use::InviteUse;
use super::member::MemberRecord;
use super::pointer::PointerRecord;
use super::provider::ProviderRecord;
use super::tenant::TenantRecord;
use super::user::UserRecord;
use super::{
    cell, client, domain, invite, invite_use, listed, member, pointer, profile, provider, slug, tenant, user,
};
use crate::change::{Change, Step};
use crate::item::{Attributes, text, time};

const NOW: Timestamp = Timestamp::from_epoch_seconds(1_800_000_000);

fn acme() -> TenantId {
    "acme".parse().unwrap()
}

fn ana() -> UserKey {
    UserKey { pool: "eu-west-1_X".parse().unwrap(), sub: "sub-1".parse().unwrap() }
}

fn code() -> InviteCode {
    "inv_0123456789ABCDEFGHJKMNPQRS".parse().unwrap()
}

fn plain_tenant() -> Tenant {
    Tenant {
        id: acme(),
        name: "Acme".parse().unwrap(),
        tier: "pro".parse().unwrap(),
        status: TenantStatus::Active,
        roles: BTreeMap::new(),
        pools: Vec::new(),
    }
}

fn created(step: Step) -> Attributes {
    let Step::Create(item) = step else { panic!("{step:?}") };
    item
}

#[test]
fn a_tenant() {
    let grant = RoleGrant { groups: vec!["g".parse().unwrap()], iam_role: Some("arn:x".to_owned()) };
    let written = Tenant {
        id: acme(),
        name: "Acme".parse().unwrap(),
        tier: "pro".parse().unwrap(),
        status: TenantStatus::Suspended,
        roles: BTreeMap::from([("admin".parse().unwrap(), grant)]),
        pools: vec!["eu-west-1_Silo".parse().unwrap()],
    };
    let place = Place {
        cell: Some("silo-acme".parse().unwrap()),
        client: Some("client-1".parse().unwrap()),
        provider: Some("AcmeOkta".parse().unwrap()),
        is_listed: true,
    };
    let of_acme = "acme-inc".parse().unwrap();

    let read = TenantRecord::listed(tenant::encode(&written, &place, &of_acme, NOW)).unwrap();

    assert_eq!((read.tenant, read.slug.as_ref(), read.place), (written, Some(&of_acme), place));
    assert_eq!((read.version, read.created_at), (Some(1), Some(NOW)));
    assert_eq!(slug::decode(&slug::encode(&of_acme, &acme())), Ok(acme()));
}

#[test]
fn a_tenant_without_a_place_is_in_every_pool() {
    let written = plain_tenant();
    let item = tenant::encode(&written, &Place::default(), &"acme".parse().unwrap(), NOW);
    let mut none = item.clone();
    none.insert("pools".to_owned(), AttributeValue::L(Vec::new()));
    let mut five = item.clone();
    five.insert("pools".to_owned(), AttributeValue::L(vec![text("p_1"); 5]));

    let read = TenantRecord::listed(item.clone()).unwrap();

    assert_eq!((read.tenant, read.place), (written, Place::default()));
    assert!(["cell", "clientId", "provider", "listed", "pools"].iter().all(|name| !item.contains_key(*name)));
    // "No pool" and "every pool" must not look alike.
    assert!(TenantRecord::listed(none).is_err());
    assert!(TenantRecord::listed(five).is_err());
}

#[test]
fn a_malformed_place_stops_no_sign_in() {
    let written = plain_tenant();
    let mut item = tenant::encode(&written, &Place::default(), &"acme".parse().unwrap(), NOW);
    item.insert("cell".to_owned(), text("Not A Cell"));

    assert_eq!(tenant::decode(&acme(), &item).unwrap().tenant, written);
    assert!(tenant::decode_place(&item).is_err());
}

#[test]
fn a_cell() {
    let full = Cell {
        name: "shared-1".parse().unwrap(),
        pool: "eu-west-1_Shared".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        status: CellStatus::Draining,
        capacity: 900,
        tenants: 3,
        tiers: vec!["pro".parse().unwrap()],
        client: Some("shared".parse().unwrap()),
        domain: "login.example.com".parse().unwrap(),
        issuer: Some("https://issuer.example.com/x".parse().unwrap()),
        scopes: vec!["openid".parse().unwrap()],
    };
    let bare = Cell { tiers: Vec::new(), client: None, issuer: None, scopes: Vec::new(), ..full.clone() };
    let mut huge = cell::encode(&bare, NOW);
    huge.insert("capacity".to_owned(), crate::item::number(100_001));

    for written in [full, bare] {
        let read = CellRecord::listed(cell::encode(&written, NOW)).unwrap();
        assert_eq!((read.cell, read.version, read.created_at), (written, Some(1), Some(NOW)));
    }
    assert!(CellRecord::listed(huge).is_err());
}

#[test]
fn a_mail_domain_and_a_listed_tenant() {
    let pointer = MailRoute { tenant: acme(), is_routed: true };
    let listed = ListedTenant { slug: "acme".parse().unwrap(), name: "Acme".parse().unwrap() };

    let read = domain::decode(&domain::encode(&"acme.com".parse().unwrap(), &pointer, NOW));

    assert_eq!(read, Ok(pointer));
    assert_eq!(listed::decode(&listed::encode(&listed.slug, &acme(), &listed.name)), Ok(listed));
}

#[test]
fn a_user() {
    let hash = code().hash();
    let (roles, username) = (["admin".parse().unwrap()], Username::new("ana"));
    let membership = member::encode(&ana(), &acme(), &roles, Some(&hash), username.as_ref(), NOW);
    let profile = created(profile::with_default(&ana(), None, Some(&acme())));
    let mut foreign = profile.clone();
    foreign.insert("sk".to_owned(), text("OTHER#x"));
    let items = vec![foreign, profile, membership.clone()];

    let (records, record) = (user::decode(items.clone()).unwrap(), UserRecord::decode(ana(), items).unwrap());

    assert_eq!(record.records(), records, "operators and functions read the same");
    assert_eq!(records.profile.default_tenant, Some(acme()));
    let [read] = records.memberships.as_slice() else { panic!("{records:?}") };
    assert_eq!((&read.tenant, read.roles.as_slice()), (&acme(), roles.as_slice()));
    assert_eq!((read.status, read.stamp), (MembershipStatus::Active, Stamp::Pending));
    assert_eq!((read.version, read.joined_at), (1, Some(NOW)));
    assert!(member::is_listed_by(&membership, &ana().sub));
    let listed = MemberRecord::listed(membership).unwrap();
    assert_eq!((listed.user, listed.invite, listed.username), (ana(), Some(hash), username));
}

#[test]
fn an_invite_its_uses_and_its_pointer() {
    let (hash, email) = (code().hash(), "ana@example.com".parse::<EmailAddress>().unwrap());
    let (until, eh) = (NOW.plus_seconds(60), EmailHash::of(&email));
    let written =
        NewInvite { tenant: acme(), email: Some(email), roles: Vec::new(), max_uses: 5, expires_at: until };

    let read = InviteRecord::listed(invite::encode(&written, &hash, "ops", NOW)).unwrap();
    let used = invite_use::encode(&hash, &ana(), &acme(), NOW, Some(until));
    let pointed = pointer::pointed(None, pointer::key(&eh, &acme()), &hash, (NOW, until), false);
    let item = created(pointed);

    assert_eq!(read.created_by.as_deref(), Some("ops"));
    assert_eq!(
        (&read.invite.tenant, &read.invite.hash, &read.invite.email),
        (&acme(), &hash, &written.email)
    );
    assert_eq!((read.invite.uses, read.invite.max_uses, read.invite.status), (0, 5, InviteStatus::Open));
    assert_eq!((read.invite.created_at, read.invite.expires_at), (NOW, until));
    assert_eq!(invite_use::decode(&used), Ok(acme()));
    assert_eq!(InviteUse::decode(&used), Some(InviteUse { user: ana(), at: NOW }));
    let read = pointer::decode(&eh, &item).unwrap();
    assert_eq!((read.tenant, &read.hash), (acme(), &hash));
    assert_eq!((read.created_at, read.expires_at), (Some(NOW), Some(until)));
    assert_eq!(PointerRecord::decode(item).unwrap().hash, hash);
}

/// DynamoDB deletes an item when its `ttl` has passed.
#[test]
fn an_invite_and_its_pointer_are_kept_for_30_days_after_it_expires_and_what_they_led_to_stays() {
    let (hash, email) = (code().hash(), "ana@example.com".parse::<EmailAddress>().unwrap());
    let (until, eh) = (NOW.plus_seconds(60), EmailHash::of(&email));
    let terms =
        NewInvite { tenant: acme(), email: Some(email), roles: Vec::new(), max_uses: 5, expires_at: until };
    let pointer = pointer::pointed(None, pointer::key(&eh, &acme()), &hash, (NOW, until), false);
    let slug = "acme".parse().unwrap();
    let audit = NewAudit {
        of: AuditOf::Tenant(&acme()),
        at: NOW,
        id: "1".to_owned(),
        action: "invite.redeem",
        actor: super::audit::user_name(&ana()),
        target: super::audit::invite_name(&hash),
        outcome: "joined",
        detail: None,
        request_id: None,
    };

    for item in [invite::encode(&terms, &hash, "ops", NOW), created(pointer)] {
        assert_eq!(item["ttl"], time(until.plus_seconds(30 * 86_400)), "{item:?}");
    }
    for item in [
        tenant::encode(&plain_tenant(), &Place::default(), &slug, NOW),
        slug::encode(&slug, &acme()),
        member::encode(&ana(), &acme(), &[], Some(&hash), None, NOW),
        created(profile::with_default(&ana(), None, Some(&acme()))),
        client::encode(&ana().pool, &"app".parse().unwrap(), &acme(), ClientBindingMode::Machine),
        audit.encode(),
    ] {
        assert!(!item.contains_key("ttl"), "{item:?}");
    }
}

#[test]
fn a_slug_is_freed_by_the_tenant_that_owns_it_alone() {
    let item = slug::encode(&"acme".parse().unwrap(), &acme());

    assert!(matches!(slug::freed(item.clone(), &acme()), Some(Step::Delete { .. })));
    assert!(slug::freed(item, &"globex".parse().unwrap()).is_none());
}

#[test]
fn a_resent_invite_keeps_the_time_of_its_address_if_it_may() {
    let (hash, eh) = (code().hash(), EmailHash::of(&"ana@example.com".parse().unwrap()));
    let (later, until) = (NOW.plus_seconds(9), NOW.plus_seconds(60));
    let point =
        |old, now, keeps| pointer::pointed(old, pointer::key(&eh, &acme()), &hash, (now, until), keeps);
    let first = created(point(None, NOW, false));

    for (keeps_place, created_at) in [(true, NOW), (false, later)] {
        let old = PointerRecord::decode(first.clone()).unwrap();
        let preview = Change::of(vec![point(Some(old), later, keeps_place)]).preview().remove(0);
        assert_eq!(preview.after.unwrap()["createdAt"], created_at.epoch_seconds());
    }
}

#[test]
fn bindings() {
    let (pool, app, okta) = (ana().pool, "app".parse().unwrap(), "Okta".parse().unwrap());
    let terms =
        ProviderTerms { joins: true, default_roles: vec!["r".parse().unwrap()], is_email_trusted: true };

    let client =
        ClientRecord::decode(client::encode(&pool, &app, &acme(), ClientBindingMode::Machine)).unwrap();
    let provider = ProviderRecord::decode(provider::encode(&pool, &okta, &acme(), &terms)).unwrap();

    assert_eq!((&client.pool, client.client), (&pool, app));
    assert_eq!((client.binding.tenant, client.binding.mode), (acme(), ClientBindingMode::Machine));
    assert_eq!((&provider.pool, &provider.provider), (&pool, &okta));
    assert_eq!((&provider.binding.tenant, provider.terms()), (&acme(), terms));
}

#[test]
fn an_audit_item() {
    let written = NewAudit {
        of: AuditOf::Tenant(&acme()),
        at: NOW,
        id: "1".to_owned(),
        action: "invite.redeem",
        actor: super::audit::user_name(&ana()),
        target: super::audit::invite_name(&code().hash()),
        outcome: "joined",
        detail: None,
        request_id: Some("r-1"),
    };

    let read = AuditRecord::decode(&written.encode());

    let expected = AuditRecord {
        position: "AUDIT#1800000000#1".to_owned(),
        at: NOW,
        action: "invite.redeem".to_owned(),
        actor: "user:eu-west-1_X:sub-1".to_owned(),
        target: "invite:19902b2d".to_owned(),
        outcome: "joined".to_owned(),
        detail: None,
        request_id: Some("r-1".to_owned()),
    };
    assert_eq!(read, expected);
}

#[test]
fn no_other_file_names_an_attribute_of_a_record() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let table = std::fs::read_to_string(source.join("../../../docs/table.md")).unwrap();
    let entities = table.split("## Entities").nth(1).unwrap().split("| Entity | `gsi1pk`").next().unwrap();
    let rows = entities.lines().filter_map(|row| row.split('|').nth(4)?.trim().strip_prefix('`'));
    let words = rows.flat_map(|row| row.split(['`', ' ', '[', ']']).filter(|word| !word.is_empty()));
    // Attributes that every item has or may have.
    let own: Vec<String> = words
        .filter(|word| !["ver", "ttl", "Attributes"].contains(word))
        .map(|word| format!("\"{word}\""))
        .collect();
    assert!(own.len() > 40, "the table of the guide is read: {own:?}");

    for folder in ["", "operator", "cache"] {
        for file in std::fs::read_dir(source.join(folder)).unwrap().map(|file| file.unwrap().path()) {
            let Ok(text) = std::fs::read_to_string(&file) else { continue };
            if !text.contains("AttributeValue") && !text.contains("crate::item") {
                continue;
            }
            let named: Vec<&String> = own.iter().filter(|name| text.contains(name.as_str())).collect();
            assert!(named.is_empty(), "{} names {named:?}", file.display());
        }
    }
}
