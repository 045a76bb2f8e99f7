//! The operators of the model: the real rules of `tenancy::operate`, and conditional writes as in `tenancy-aws`.

use serde_json::{Value, json};
use tenancy::operate::members::{MemberChange, MemberEdit};
use tenancy::operate::{cells, invites, members};
use tenancy::{
    Cell, CellStatus, EmailHash, MembershipStatus, Place, PoolId, TenantId, TenantStatus, Timestamp, UserKey,
};

use super::backend::{RESENT, tenant_id, user_key};
use super::model::{
    Caller, Edit, Guard, audit, invite_key, invite_of, member_item, member_key, names, pointer_key,
    profile_key, records_of, tenant_key, tenant_of,
};
use super::schedule::{Act, CELLS, HERE};
use super::table::{Table, hash, key, number, parsed, text};

/// One change by an operator. `None`: refused, overtaken or failed.
pub(crate) async fn act(caller: &Caller, act: &Act, now: Timestamp) -> Option<()> {
    match act {
        Act::Attempt(_) => Some(()),
        Act::Revoke(number) => revoke(caller, *number, now).await,
        Act::Resend(number) => resend(caller, *number, now).await,
        Act::Suspend(user, tenant) | Act::Remove(user, tenant) => {
            let (user, tenant) = (user_key(*user), tenant_id(*tenant));
            let status = match act {
                Act::Suspend(..) => MembershipStatus::Suspended,
                _ => MembershipStatus::Removed,
            };
            let records = caller.read("Query USER", |table| records_of(table, &user)).await.ok()?;
            let change = members::set_status(&tenant, &user, &records, status).ok()??;
            change_member(caller, (&user, &tenant), None, change, now).await
        }
        Act::Resume(user, tenant) | Act::Add(user, tenant) => {
            let (user, id) = (user_key(*user), tenant_id(*tenant));
            let item = caller.item("GetItem TENANT", &tenant_key(&id)).await.ok()??;
            let records = caller.read("Query USER", |table| records_of(table, &user)).await.ok()?;
            let tenant = tenant_of(&item);
            let change = match act {
                Act::Resume(..) => members::resume(&tenant, &user, &records),
                _ => members::add(&tenant, &user, &records, &[parsed("viewer")], None),
            };
            change_member(caller, (&user, &id), Some(item), change.ok()??, now).await
        }
        Act::PauseTenant(tenant) | Act::ResumeTenant(tenant) => {
            let id = tenant_id(*tenant);
            let before = caller.item("GetItem TENANT", &tenant_key(&id)).await.ok()??;
            let status = match act {
                Act::PauseTenant(_) => TenantStatus::Suspended,
                _ => TenantStatus::Active,
            };
            let edits = vec![
                Edit::Set(tenant_key(&id), vec![("status", json!(status.name()))]),
                audit(&id, now, status.name(), "tenant.status", "ops"),
            ];
            let guard = Guard { key: tenant_key(&id), before: Some(before), names: &["status"] };
            caller.apply(vec![guard], edits).await
        }
        Act::Place(tenant, cell) => place(caller, &tenant_id(*tenant), *cell, now).await,
    }
}

async fn revoke(caller: &Caller, number: usize, now: Timestamp) -> Option<()> {
    let hash = hash(number);
    let before = caller.item("GetItem INVITE", &invite_key(&hash)).await.ok()??;
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
        let pointer = caller.item("GetItem EMAIL", &key).await.ok()?;
        if let Some(pointer) = pointer.filter(|pointer| text(pointer, "h") == hash.as_str()) {
            guards.push(Guard { key: key.clone(), before: Some(pointer), names: &["h"] });
            edits.push(Edit::Delete(key));
        }
    }
    caller.apply(guards, edits).await
}

async fn resend(caller: &Caller, number: usize, now: Timestamp) -> Option<()> {
    let (old, new) = (hash(number), hash(number + RESENT));
    let before = caller.item("GetItem INVITE", &invite_key(&old)).await.ok()??;
    let invite = invite_of(&old, &before);
    let tenant = caller.item("GetItem TENANT", &tenant_key(&invite.tenant)).await.ok()??;
    let terms = invites::resend(&tenant_of(&tenant), &invite, now.plus_seconds(1_000_000), now).ok()?;
    let mut item = json!({
        "tid": terms.tenant.as_str(), "roles": names(&terms.roles), "uses": 0, "maxUses": terms.max_uses,
        "status": "open", "expiresAt": terms.expires_at.epoch_seconds(), "createdAt": now.epoch_seconds(),
    });
    let mut guards = vec![
        Guard { key: tenant_key(&invite.tenant), before: Some(tenant), names: &["status"] },
        Guard { key: invite_key(&old), before: Some(before), names: &["status", "uses"] },
        Guard { key: invite_key(&new), before: None, names: &[] },
    ];
    let mut edits = vec![
        Edit::Set(invite_key(&old), vec![("status", json!("revoked"))]),
        audit(&invite.tenant, now, new.short(), "invite.resend", "ops"),
    ];
    if let (Some(email), Some(members)) = (&terms.email, item.as_object_mut()) {
        members.insert("email".to_owned(), json!(email.as_str()));
        let key = pointer_key(&EmailHash::of(email), &invite.tenant);
        let pointer = caller.item("GetItem EMAIL", &key).await.ok()?;
        let other = match pointer.as_ref().map(|pointer| parsed(text(pointer, "h"))) {
            Some(other) if other != old => {
                let item = caller.item("GetItem INVITE", &invite_key(&other)).await.ok()?;
                item.map(|item| invite_of(&other, &item))
            }
            _ => None,
        };
        invites::check_none_newer(other.as_ref(), now).ok()?;
        edits.push(Edit::Set(
            key.clone(),
            vec![
                ("h", json!(new.as_str())),
                ("createdAt", json!(now.epoch_seconds())),
                ("expiresAt", json!(terms.expires_at.epoch_seconds())),
            ],
        ));
        guards.push(Guard { key, before: pointer, names: &["h"] });
    }
    edits.push(Edit::Put(invite_key(&new), item));
    caller.apply(guards, edits).await
}

async fn change_member(
    caller: &Caller,
    (user, tenant): (&UserKey, &TenantId),
    tenant_item: Option<Value>,
    change: MemberChange,
    now: Timestamp,
) -> Option<()> {
    let key = member_key(user, tenant);
    // What the plan was made from: read once more, as a part of the same read of the user.
    let before = caller.read("Query USER", |table: &Table| {
        (table.get(&key).cloned(), table.get(&profile_key(user)).cloned())
    });
    let (before, profile) = before.await.ok()?;
    let version = before.as_ref().map_or(0, |item| number(item, "ver")) + 1;
    let mut guards = vec![Guard { key: key.clone(), before, names: &["ver", "status"] }];
    guards.extend(tenant_item.map(|item| Guard {
        key: tenant_key(tenant),
        before: Some(item),
        names: &["status"],
    }));
    let mut edits = vec![audit(tenant, now, user.sub.as_str(), change.action, "ops")];
    for edit in change.edits {
        let set = |values: Vec<(&'static str, Value)>| {
            Edit::Set(key.clone(), values.into_iter().chain([("ver", json!(version))]).collect())
        };
        edits.push(match edit {
            MemberEdit::Add { roles, .. } => member_item(user, tenant, &roles, now),
            MemberEdit::MakeDefault => {
                guards.push(Guard {
                    key: profile_key(user),
                    before: profile.clone(),
                    names: &["defaultTid"],
                });
                Edit::Set(profile_key(user), vec![("defaultTid", json!(tenant.as_str()))])
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
    caller.apply(guards, edits).await
}

async fn place(caller: &Caller, tenant: &TenantId, number: usize, now: Timestamp) -> Option<()> {
    let (name, ..) = CELLS.get(number)?;
    let cell_key = key(format!("CELL#{name}"), "META");
    let cell_item = caller.item("GetItem CELL", &cell_key).await.ok()??;
    let before = caller.item("GetItem TENANT", &tenant_key(tenant)).await.ok()??;
    let in_use = caller.read("Query TENANT", |table| pools_in_use(table, tenant)).await.ok()?;
    let cell = cell_of(&cell_item);
    let record = tenant_of(&before);
    let place = Place { cell: before.get("cell").and_then(Value::as_str).map(parsed), ..Place::default() };
    cells::check_takes(&cell, &record.tier).ok()?;
    cells::check_place(&record, &place).ok()?;
    cells::check_pools(tenant, &in_use, &cell).ok()?;
    let guards = vec![
        Guard { key: tenant_key(tenant), before: Some(before), names: &["status", "cell", "pools"] },
        Guard { key: cell_key.clone(), before: Some(cell_item), names: &["status", "tenants"] },
    ];
    let edits = vec![
        Edit::Set(tenant_key(tenant), vec![("cell", json!(name)), ("pools", json!([cell.pool.as_str()]))]),
        Edit::Count(cell_key, "tenants"),
        audit(tenant, now, name, "tenant.place", "ops"),
    ];
    caller.apply(guards, edits).await
}

fn pools_in_use(table: &Table, tenant: &TenantId) -> Vec<PoolId> {
    let sk = format!("TENANT#{tenant}");
    let mut members = table.iter().filter(|((pk, of), _)| pk.starts_with("USER#") && *of == sk);
    members.any(|(_, item)| text(item, "status") != "removed").then(|| parsed(HERE)).into_iter().collect()
}

fn cell_of(item: &Value) -> Cell {
    Cell {
        name: parsed(text(item, "cell")),
        pool: parsed(text(item, "pool")),
        region: parsed(text(item, "region")),
        status: CellStatus::Open,
        capacity: u32::try_from(number(item, "capacity")).unwrap_or_default(),
        tenants: u32::try_from(number(item, "tenants")).unwrap_or_default(),
        tiers: Vec::new(),
        client: None,
        domain: parsed(text(item, "domain")),
        issuer: None,
        scopes: Vec::new(),
    }
}
