//! Changes to memberships.

use super::tenants::check_not_offboarded;
use super::{Rule, roles_in_words};
use crate::{
    Membership, MembershipStatus, Role, Tenant, TenantId, TenantStatus, UserKey, UserRecords, Username,
};

/// The edits to a user's records in one tenant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MemberChange {
    /// In the order in which they are written.
    pub edits: Vec<MemberEdit>,
    /// The action that the audit records.
    pub action: &'static str,
    /// The difference in words, for the audit.
    pub detail: Option<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MemberEdit {
    /// Creates a membership: active, its stamp pending.
    Add {
        roles: Vec<Role>,
        username: Option<Username>,
    },
    /// Makes a removed membership active again, its stamp pending.
    Revive {
        roles: Vec<Role>,
    },
    SetRoles(Vec<Role>),
    SetStatus(MembershipStatus),
    /// Makes the stamp pending again.
    RenewStamp,
    /// Records that the stamp is written.
    NoteStamp,
    /// Makes the tenant the user's default.
    MakeDefault,
}

/// Makes a user a member without an invite, or revives a removed membership. `None`: the user is already an active member with
/// these roles.
pub fn add(
    tenant: &Tenant,
    user: &UserKey,
    records: &UserRecords,
    roles: &[Role],
    username: Option<&Username>,
) -> Result<Option<MemberChange>, Rule> {
    check_not_offboarded(tenant)?;
    let (sub, id) = (user.sub.clone(), tenant.id.clone());
    let membership = match records.in_tenant(&tenant.id) {
        None => MemberEdit::Add { roles: roles.to_vec(), username: username.cloned() },
        Some(membership) => match membership.status {
            MembershipStatus::Active if membership.roles == roles => return Ok(None),
            MembershipStatus::Active => return Err(Rule::MemberExists { sub, tenant: id }),
            MembershipStatus::Suspended => return Err(Rule::MemberSuspended { sub, tenant: id }),
            MembershipStatus::Removed => MemberEdit::Revive { roles: roles.to_vec() },
        },
    };
    let keeps_default = match &records.profile.default_tenant {
        Some(default) => records.is_active_in(default),
        None => records.active().next().is_some(),
    };
    let default = (!keeps_default).then_some(MemberEdit::MakeDefault);
    let edits = [membership].into_iter().chain(default).collect();
    Ok(Some(MemberChange { edits, action: "member.add", detail: Some(roles_in_words(roles)) }))
}

/// Replaces a member's roles. `None`: the member already has these roles, in this order.
pub fn set_roles(
    tenant: &Tenant,
    user: &UserKey,
    records: &UserRecords,
    roles: &[Role],
) -> Result<Option<MemberChange>, Rule> {
    check_not_offboarded(tenant)?;
    let membership = kept(user, records, &tenant.id)?;
    if membership.roles == roles {
        return Ok(None);
    }
    let detail = Some(format!("{} -> {}", roles_in_words(&membership.roles), roles_in_words(roles)));
    let edits = vec![MemberEdit::SetRoles(roles.to_vec())];
    Ok(Some(MemberChange { edits, action: "member.set-roles", detail }))
}

/// Makes a suspended member active again. `None`: the member is already active.
pub fn resume(tenant: &Tenant, user: &UserKey, records: &UserRecords) -> Result<Option<MemberChange>, Rule> {
    check_not_offboarded(tenant)?;
    set_status(&tenant.id, user, records, MembershipStatus::Active)
}

/// Suspends or removes a member; [`resume`] makes a member active. `None`: the member already has this status.
///
/// A removed membership is kept as a record, and no invite revives it. If its tenant is the user's default, the profile keeps
/// the default: a refresh is then refused and does not move the session to another tenant. The next sign-in moves the default.
pub fn set_status(
    tenant: &TenantId,
    user: &UserKey,
    records: &UserRecords,
    status: MembershipStatus,
) -> Result<Option<MemberChange>, Rule> {
    if known(user, records, tenant)?.status == status {
        return Ok(None);
    }
    kept(user, records, tenant)?;
    let action = match status {
        MembershipStatus::Active => "member.resume",
        MembershipStatus::Suspended => "member.suspend",
        MembershipStatus::Removed => "member.remove",
    };
    Ok(Some(MemberChange { edits: vec![MemberEdit::SetStatus(status)], action, detail: None }))
}

/// Makes `tenant` the user's default, and the stamp pending. Tokens are for the default tenant if the request names no tenant.
/// `None`: it is already the default.
pub fn set_default(
    tenant: &Tenant,
    user: &UserKey,
    records: &UserRecords,
) -> Result<Option<MemberChange>, Rule> {
    let id = &tenant.id;
    if !known(user, records, id)?.is_active() || tenant.status != TenantStatus::Active {
        return Err(Rule::MemberNotActive { sub: user.sub.clone(), tenant: id.clone() });
    }
    let default = records.profile.default_tenant.as_ref();
    if default == Some(id) {
        return Ok(None);
    }
    let detail = Some(format!("{} -> {id}", default.map_or("none", TenantId::as_str)));
    let edits = vec![MemberEdit::MakeDefault, MemberEdit::RenewStamp];
    Ok(Some(MemberChange { edits, action: "member.set-default", detail }))
}

/// Records that the user attribute is written for the membership in `tenant`. `detail` describes the old and the new value.
pub fn note_stamp(
    tenant: &TenantId,
    user: &UserKey,
    records: &UserRecords,
    detail: &str,
) -> Result<MemberChange, Rule> {
    known(user, records, tenant)?;
    let edits = vec![MemberEdit::NoteStamp];
    Ok(MemberChange { edits, action: "member.stamp", detail: Some(detail.to_owned()) })
}

/// The default tenant, if the user has never been a member of it. It may be cleared. A default tenant that the user was removed
/// from stays until the next sign-in moves it.
#[must_use]
pub fn foreign_default(records: &UserRecords) -> Option<&TenantId> {
    records.profile.default_tenant.as_ref().filter(|tenant| records.in_tenant(tenant).is_none())
}

/// The membership in `tenant`, of any status.
fn known<'a>(user: &UserKey, records: &'a UserRecords, tenant: &TenantId) -> Result<&'a Membership, Rule> {
    let unknown = || Rule::MemberUnknown { sub: user.sub.clone(), tenant: tenant.clone() };
    records.in_tenant(tenant).ok_or_else(unknown)
}

/// The membership in `tenant`, if it is active or suspended.
fn kept<'a>(user: &UserKey, records: &'a UserRecords, tenant: &TenantId) -> Result<&'a Membership, Rule> {
    let membership = known(user, records, tenant)?;
    match membership.status {
        MembershipStatus::Active | MembershipStatus::Suspended => Ok(membership),
        MembershipStatus::Removed => {
            Err(Rule::MemberRemoved { sub: user.sub.clone(), tenant: tenant.clone() })
        }
    }
}
