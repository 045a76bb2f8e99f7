//! The items of the model, read and written.

use memory::parsed;
use serde_json::{Value, json};
use tenancy::{
    EmailHash, Invite, InviteHash, InvitePointer, InviteStatus, Membership, MembershipStatus, PoolId,
    ProviderBinding, ProviderName, Role, Stamp, Tenant, TenantId, TenantStatus, Timestamp, UserKey,
    UserRecords,
};

use super::{Edit, Key};
use crate::schedules::table::{Table, key, number, text};

pub(crate) fn tenant_key(id: &TenantId) -> Key {
    key(format!("TENANT#{id}"), "META")
}

pub(crate) fn cell_key(name: &str) -> Key {
    key(format!("CELL#{name}"), "META")
}

pub(crate) fn invite_key(hash: &InviteHash) -> Key {
    key(format!("INVITE#{}", hash.as_str()), "META")
}

pub(crate) fn pointer_key(email: &EmailHash, tenant: &TenantId) -> Key {
    key(format!("EMAIL#{}", email.as_str()), format!("TENANT#{tenant}"))
}

pub(crate) fn member_key(user: &UserKey, tenant: &TenantId) -> Key {
    key(format!("USER#{}#{}", user.pool, user.sub), format!("TENANT#{tenant}"))
}

pub(crate) fn profile_key(user: &UserKey) -> Key {
    key(format!("USER#{}#{}", user.pool, user.sub), "PROFILE")
}

pub(crate) fn provider_key(pool: &PoolId, provider: &ProviderName) -> Key {
    key(format!("IDP#{pool}#{provider}"), "PTR")
}

fn roles(item: &Value) -> Vec<Role> {
    let roles = item.get("roles").or(item.get("defaultRoles")).and_then(Value::as_array);
    roles.into_iter().flatten().filter_map(|role| role.as_str()?.parse().ok()).collect()
}

pub(crate) fn names(roles: &[Role]) -> Value {
    roles.iter().map(Role::as_str).collect()
}

pub(crate) fn tenant_of(item: &Value) -> Tenant {
    let pools = item.get("pools").and_then(Value::as_array);
    Tenant {
        id: parsed(text(item, "tid")),
        name: parsed(text(item, "name")),
        tier: parsed(text(item, "tier")),
        status: TenantStatus::ALL
            .into_iter()
            .find(|status| status.name() == text(item, "status"))
            .unwrap_or(TenantStatus::Offboarded),
        roles: std::collections::BTreeMap::new(),
        pools: pools.into_iter().flatten().filter_map(|pool| pool.as_str()?.parse().ok()).collect(),
    }
}

pub(crate) fn invite_of(hash: &InviteHash, item: &Value) -> Invite {
    Invite {
        hash: hash.clone(),
        tenant: parsed(text(item, "tid")),
        email: item.get("email").and_then(Value::as_str).map(parsed),
        roles: roles(item),
        uses: number(item, "uses"),
        max_uses: number(item, "maxUses"),
        status: if text(item, "status") == "open" { InviteStatus::Open } else { InviteStatus::Revoked },
        expires_at: Timestamp::from_epoch_seconds(number(item, "expiresAt")),
        created_at: Timestamp::from_epoch_seconds(number(item, "createdAt")),
    }
}

pub(crate) fn binding_of(item: &Value) -> ProviderBinding {
    ProviderBinding {
        tenant: parsed(text(item, "tid")),
        joins: item.get("join") == Some(&json!(true)),
        default_roles: roles(item),
        is_email_trusted: false,
    }
}

pub(crate) fn pointer_of(sk: &str, item: &Value) -> InvitePointer {
    InvitePointer {
        tenant: parsed(sk.trim_start_matches("TENANT#")),
        hash: parsed(text(item, "h")),
        created_at: Some(Timestamp::from_epoch_seconds(number(item, "createdAt"))),
        expires_at: Some(Timestamp::from_epoch_seconds(number(item, "expiresAt"))),
    }
}

pub(crate) fn records_of(table: &Table, user: &UserKey) -> UserRecords {
    let (pk, profile) = profile_key(user);
    let mut records = UserRecords::default();
    for ((of, sk), item) in table.range(key(pk.clone(), "")..) {
        if *of != pk {
            break;
        }
        if *sk == profile {
            records.profile.default_tenant = Some(parsed(text(item, "defaultTid")));
            continue;
        }
        let status = MembershipStatus::ALL.into_iter().find(|status| status.name() == text(item, "status"));
        records.memberships.push(Membership {
            tenant: parsed(sk.trim_start_matches("TENANT#")),
            roles: roles(item),
            status: status.unwrap_or(MembershipStatus::Removed),
            stamp: if text(item, "stamp") == "done" { Stamp::Done } else { Stamp::Pending },
            version: number(item, "ver"),
            joined_at: Some(Timestamp::from_epoch_seconds(number(item, "joinedAt"))),
        });
    }
    records
}

pub(crate) fn member_item(user: &UserKey, tenant: &TenantId, roles: &[Role], at: Timestamp) -> Edit {
    let item = json!({
        "tid": tenant.as_str(), "roles": names(roles), "status": "active", "stamp": "pending", "ver": 1,
        "joinedAt": at.epoch_seconds(), "username": user.sub.as_str(),
    });
    Edit::Put(member_key(user, tenant), item)
}

pub(crate) fn audit(tenant: &TenantId, at: Timestamp, id: &str, action: &str, actor: &str) -> Edit {
    let key = key(format!("TENANT#{tenant}"), format!("AUDIT#{at}#{id}"));
    Edit::Put(key, json!({ "tid": tenant.as_str(), "action": action, "actor": actor }))
}
