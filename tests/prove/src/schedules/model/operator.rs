//! The operators of the model: the real rules of `tenancy::operate`, and conditional writes as in `tenancy-aws`.

use memory::parsed;
use serde_json::{Value, json};
use tenancy::operate::cells::CellEdit;
use tenancy::operate::invites::NewInvite;
use tenancy::operate::members::{MemberChange, MemberEdit};
use tenancy::operate::tenants::TenantEdit;
use tenancy::operate::{bindings, cells, invites, members, tenants};
use tenancy::{
    Cell, CellStatus, EmailHash, InviteHash, MembershipStatus, Place, PoolId, Tenant, TenantId, TenantStatus,
    Timestamp,
};

use super::items::{
    audit, binding_of, cell_key, invite_key, invite_of, member_item, member_key, names, pointer_key,
    profile_key, provider_key, records_of, tenant_key, tenant_of,
};
use super::{Edit, Guard, Key, Model};
use crate::schedules::backend::{
    RESENT, cell_name, given_roles, invited, new_invite, provider_terms, tenant_id, user_key,
};
use crate::schedules::schedule::{Act, HERE, MemberAct};
use crate::schedules::table::{PROVIDER, Table, hash, number, text};

/// One change by an operator. `None`: refused, overtaken or failed.
pub(crate) async fn act(model: &Model, act: &Act, now: Timestamp) -> Option<()> {
    match act {
        Act::Attempt(_) => Some(()),
        Act::Revoke(number) => revoke(model, *number, now).await,
        Act::Resend(number) => resend(model, *number, now).await,
        Act::Invite(user, tenant) => {
            let terms = new_invite(*user, *tenant, now);
            let (record, guard) = read_tenant(model, &terms.tenant).await?;
            invites::check_terms(&record, &terms, now).ok()?;
            issue(model, &terms, &hash(invited(*user, *tenant)), None, guard, now).await
        }
        Act::Member(act, user, tenant) => change_member(model, *act, (*user, *tenant), now).await,
        Act::Tenant(status, tenant) => set_tenant_status(model, &tenant_id(*tenant), *status, now).await,
        Act::Place(tenant, cell) => place(model, &tenant_id(*tenant), *cell, now).await,
        Act::Cell(status, cell) => {
            let (key, item) = read_cell(model, *cell).await?;
            let edit = CellEdit { status: Some(*status), ..CellEdit::default() };
            if cells::edit(&cell_of(&item), edit).ok()?.is_none() {
                return Some(());
            }
            let names: &[_] =
                if *status == CellStatus::Closed { &["status", "tenants"] } else { &["status"] };
            let edit = Edit::Set(key.clone(), vec![("status", json!(status.name()))]);
            model.apply(vec![Guard { key, before: Some(item), names }], vec![edit]).await
        }
        Act::Bind(tenant, joins) => bind(model, &tenant_id(*tenant), *joins, now).await,
        Act::Unbind => {
            let key = provider_key(&parsed(HERE), &parsed(PROVIDER));
            let before = model.item("GetItem IDP", &key).await.ok()??;
            let edits = vec![Edit::Delete(key.clone())];
            model.apply(vec![Guard { key, before: Some(before), names: &["tid", "join"] }], edits).await
        }
    }
}

fn next_version(before: &Value) -> (&'static str, Value) {
    ("ver", json!(number(before, "ver") + 1))
}

/// The tenant, and the condition that its status has not changed.
async fn read_tenant(model: &Model, id: &TenantId) -> Option<(Tenant, Guard)> {
    let (key, item) = (tenant_key(id), model.item("GetItem TENANT", &tenant_key(id)).await.ok()??);
    Some((tenant_of(&item), Guard { key, before: Some(item), names: &["status"] }))
}

async fn read_cell(model: &Model, number: usize) -> Option<(Key, Value)> {
    let key = cell_key(cell_name(number).as_str());
    let item = model.item("GetItem CELL", &key).await.ok()??;
    Some((key, item))
}

async fn set_tenant_status(model: &Model, id: &TenantId, status: TenantStatus, now: Timestamp) -> Option<()> {
    let key = tenant_key(id);
    let before = model.item("GetItem TENANT", &key).await.ok()??;
    let edit = TenantEdit { status: Some(status), ..TenantEdit::default() };
    if tenants::edit(&tenant_of(&before), None, edit).ok()?.is_none() {
        return Some(());
    }
    let mut edits = vec![
        Edit::Set(key.clone(), vec![("status", json!(status.name())), next_version(&before)]),
        audit(id, now, status.name(), "tenant.status", "ops"),
    ];
    if let (TenantStatus::Offboarded, Some(cell)) = (status, before.get("cell").and_then(Value::as_str)) {
        edits.push(Edit::Count(cell_key(cell), "tenants", -1));
    }
    model.apply(vec![Guard { key, before: Some(before), names: &["status", "ver"] }], edits).await
}

async fn bind(model: &Model, id: &TenantId, joins: bool, now: Timestamp) -> Option<()> {
    let (tenant, guard) = read_tenant(model, id).await?;
    let key = provider_key(&parsed(HERE), &parsed(PROVIDER));
    let before = model.item("GetItem IDP", &key).await.ok()?;
    let (terms, provider) = (provider_terms(joins), parsed(PROVIDER));
    let bound = before.as_ref().map(binding_of);
    if !bindings::bind_provider(&tenant, &provider, bound.as_ref(), &terms).ok()? {
        return Some(());
    }
    let item = json!({ "tid": id.as_str(), "join": joins, "defaultRoles": names(&terms.default_roles) });
    let edits = vec![Edit::Put(key.clone(), item), audit(id, now, "bind", "idp.bind", "ops")];
    model.apply(vec![guard, Guard { key, before, names: &["tid", "join"] }], edits).await
}

async fn revoke(model: &Model, number: usize, now: Timestamp) -> Option<()> {
    let hash = hash(number);
    let before = model.item("GetItem INVITE", &invite_key(&hash)).await.ok()??;
    let invite = invite_of(&hash, &before);
    if !invites::revoke(&invite).ok()? {
        return Some(());
    }
    let mut guards = vec![Guard { key: invite_key(&hash), before: Some(before), names: &["status"] }];
    let mut edits = vec![
        Edit::Set(invite_key(&hash), vec![("status", json!("revoked"))]),
        audit(&invite.tenant, now, hash.short(), "invite.revoke", "ops"),
    ];
    if let Some(email) = invite.email.as_ref().map(EmailHash::of) {
        let key = pointer_key(&email, &invite.tenant);
        let pointer = model.item("GetItem EMAIL", &key).await.ok()?;
        if let Some(pointer) = pointer.filter(|pointer| text(pointer, "h") == hash.as_str()) {
            guards.push(Guard { key: key.clone(), before: Some(pointer), names: &["h"] });
            edits.push(Edit::Delete(key));
        }
    }
    model.apply(guards, edits).await
}

async fn resend(model: &Model, number: usize, now: Timestamp) -> Option<()> {
    let (old, new) = (hash(number), hash(number + RESENT));
    let before = model.item("GetItem INVITE", &invite_key(&old)).await.ok()??;
    let invite = invite_of(&old, &before);
    let (tenant, guard) = read_tenant(model, &invite.tenant).await?;
    let terms = invites::resend(&tenant, &invite, now.plus_seconds(1_000_000), now).ok()?;
    issue(model, &terms, &new, Some((old, before)), guard, now).await
}

/// A new invite, in place of `old` if there is one.
async fn issue(
    model: &Model,
    terms: &NewInvite,
    new: &InviteHash,
    old: Option<(InviteHash, Value)>,
    tenant: Guard,
    now: Timestamp,
) -> Option<()> {
    let mut item = json!({
        "tid": terms.tenant.as_str(), "roles": names(&terms.roles), "uses": 0, "maxUses": terms.max_uses,
        "status": "open", "expiresAt": terms.expires_at.epoch_seconds(), "createdAt": now.epoch_seconds(),
    });
    let mut guards = vec![tenant, Guard { key: invite_key(new), before: None, names: &[] }];
    let mut edits = vec![audit(&terms.tenant, now, new.short(), "invite.create", "ops")];
    if let (Some(email), Some(members)) = (&terms.email, item.as_object_mut()) {
        members.insert("email".to_owned(), json!(email.as_str()));
        let key = pointer_key(&EmailHash::of(email), &terms.tenant);
        let pointer = model.item("GetItem EMAIL", &key).await.ok()?;
        let pointed_at = pointer.as_ref().map(|pointer| parsed::<InviteHash>(text(pointer, "h")));
        let other = match pointed_at.filter(|other| old.as_ref().is_none_or(|(old, _)| other != old)) {
            Some(other) => {
                let item = model.item("GetItem INVITE", &invite_key(&other)).await.ok()?;
                item.map(|item| invite_of(&other, &item))
            }
            None => None,
        };
        invites::check_none_newer(other.as_ref(), now).ok()?;
        let set = vec![
            ("h", json!(new.as_str())),
            ("createdAt", json!(now.epoch_seconds())),
            ("expiresAt", json!(terms.expires_at.epoch_seconds())),
        ];
        edits.push(Edit::Set(key.clone(), set));
        guards.push(Guard { key, before: pointer, names: &["h"] });
    }
    if let Some((old, before)) = old {
        edits.push(Edit::Set(invite_key(&old), vec![("status", json!("revoked"))]));
        guards.push(Guard { key: invite_key(&old), before: Some(before), names: &["status", "uses"] });
    }
    edits.push(Edit::Put(invite_key(new), item));
    model.apply(guards, edits).await
}

async fn change_member(
    model: &Model,
    act: MemberAct,
    (user, tenant): (usize, usize),
    now: Timestamp,
) -> Option<()> {
    let (user, id) = (user_key(user), tenant_id(tenant));
    let read = match act {
        MemberAct::Suspend | MemberAct::Remove => None,
        _ => Some(read_tenant(model, &id).await?),
    };
    let (key, profile_key) = (member_key(&user, &id), profile_key(&user));
    let items = |table: &Table| {
        (records_of(table, &user), table.get(&key).cloned(), table.get(&profile_key).cloned())
    };
    let (records, before, profile) = model.read("Query USER", items).await.ok()?;
    let change = match (act, &read) {
        (MemberAct::Suspend, _) => members::set_status(&id, &user, &records, MembershipStatus::Suspended),
        (MemberAct::Remove, _) => members::set_status(&id, &user, &records, MembershipStatus::Removed),
        (_, None) => return None,
        (MemberAct::Resume, Some((tenant, _))) => members::resume(tenant, &user, &records),
        (MemberAct::SetRoles, Some((tenant, _))) => {
            members::set_roles(tenant, &user, &records, &given_roles(act))
        }
        (MemberAct::MakeDefault, Some((tenant, _))) => members::set_default(tenant, &user, &records),
        (MemberAct::Add, Some((tenant, _))) => members::add(tenant, &user, &records, &given_roles(act), None),
    };
    let Some(MemberChange { edits: changes, action, .. }) = change.ok()? else { return Some(()) };
    let version = next_version(before.as_ref().unwrap_or(&Value::Null));
    let mut guards = vec![Guard { key: key.clone(), before, names: &["ver", "status", "roles"] }];
    guards.extend(read.map(|(_, guard)| guard));
    let mut edits = vec![audit(&id, now, user.sub.as_str(), action, "ops")];
    for change in changes {
        let set = |values: Vec<(&'static str, Value)>| {
            Edit::Set(key.clone(), values.into_iter().chain([version.clone()]).collect())
        };
        edits.push(match change {
            MemberEdit::Add { roles, .. } => member_item(&user, &id, &roles, now),
            MemberEdit::MakeDefault => {
                let before = profile.clone();
                guards.push(Guard { key: profile_key.clone(), before, names: &["defaultTid"] });
                Edit::Set(profile_key.clone(), vec![("defaultTid", json!(id.as_str()))])
            }
            MemberEdit::Revive { roles } => {
                set(vec![("status", json!("active")), ("roles", names(&roles)), ("stamp", json!("pending"))])
            }
            MemberEdit::SetRoles(roles) => set(vec![("roles", names(&roles))]),
            MemberEdit::SetStatus(status) => set(vec![("status", json!(status.name()))]),
            MemberEdit::RenewStamp => set(vec![("stamp", json!("pending"))]),
            MemberEdit::NoteStamp => set(vec![("stamp", json!("done"))]),
        });
    }
    model.apply(guards, edits).await
}

async fn place(model: &Model, tenant: &TenantId, number: usize, now: Timestamp) -> Option<()> {
    let (cell_key, cell_item) = read_cell(model, number).await?;
    let before = model.item("GetItem TENANT", &tenant_key(tenant)).await.ok()??;
    let in_use = model.read("Query TENANT", |table| pools_in_use(table, tenant)).await.ok()?;
    let cell = cell_of(&cell_item);
    let record = tenant_of(&before);
    let place = Place { cell: before.get("cell").and_then(Value::as_str).map(parsed), ..Place::default() };
    cells::check_takes(&cell, &record.tier).ok()?;
    cells::check_place(&record, &place).ok()?;
    cells::check_pools(tenant, &in_use, &cell).ok()?;
    let set = vec![
        ("cell", json!(cell.name.as_str())),
        ("pools", json!([cell.pool.as_str()])),
        next_version(&before),
    ];
    let guards = vec![
        Guard { key: tenant_key(tenant), before: Some(before), names: &["status", "ver"] },
        Guard { key: cell_key.clone(), before: Some(cell_item), names: &["status", "tenants"] },
    ];
    let edits = vec![
        Edit::Set(tenant_key(tenant), set),
        Edit::Count(cell_key, "tenants", 1),
        audit(tenant, now, cell.name.as_str(), "tenant.place", "ops"),
    ];
    model.apply(guards, edits).await
}

fn pools_in_use(table: &Table, tenant: &TenantId) -> Vec<PoolId> {
    let sk = format!("TENANT#{tenant}");
    let mut members = table.iter().filter(|((pk, of), _)| pk.starts_with("USER#") && *of == sk);
    let has_members = members.any(|(_, item)| text(item, "status") != "removed");
    let provider = table.get(&provider_key(&parsed(HERE), &parsed(PROVIDER)));
    let has_provider = provider.is_some_and(|binding| text(binding, "tid") == tenant.as_str());
    (has_members || has_provider).then(|| parsed(HERE)).into_iter().collect()
}

fn cell_of(item: &Value) -> Cell {
    Cell {
        name: parsed(text(item, "cell")),
        pool: parsed(text(item, "pool")),
        region: parsed(text(item, "region")),
        status: CellStatus::ALL
            .into_iter()
            .find(|status| status.name() == text(item, "status"))
            .unwrap_or(CellStatus::Closed),
        capacity: u32::try_from(number(item, "capacity")).unwrap_or_default(),
        tenants: u32::try_from(number(item, "tenants")).unwrap_or_default(),
        tiers: Vec::new(),
        client: None,
        domain: parsed(text(item, "domain")),
        issuer: None,
        scopes: Vec::new(),
    }
}
