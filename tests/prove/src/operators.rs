//! What operators change while users sign in, by the code of `tenantctl`.

use std::collections::BTreeMap;

use tenancy::{
    CellName, InviteCode, InviteHash, MembershipStatus, Role, Tenant, TenantId, TenantStatus, Timestamp,
    UserKey,
};
use tenancy_aws::operator::{NewInvite, Operator, OperatorError, TenantEdit};

use crate::schedules::table::parsed;

/// Longer than any proof takes.
const INVITE_LIFE_SECONDS: u64 = 1_000_000;

#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Invite(NewInvite, InviteCode),
    Revoke(InviteHash),
    /// The code of the new invite.
    Resend(InviteHash, InviteCode),
    Suspend((UserKey, TenantId)),
    Resume((UserKey, TenantId)),
    Remove((UserKey, TenantId)),
    Add((UserKey, TenantId), Role),
    SetRoles((UserKey, TenantId), Vec<Role>),
    PauseTenant(TenantId),
    ResumeTenant(TenantId),
    Place(TenantId, CellName),
    /// A new tenant, whose slug is its id.
    Tenant(TenantId),
}

/// One change: read, planned and written once.
pub(crate) async fn operate(operator: &Operator, edit: Edit, now: Timestamp) -> Result<(), OperatorError> {
    let planned = match edit {
        Edit::Invite(new, code) => return invite(operator, &new, &code, now).await,
        Edit::Revoke(hash) => match operator.invite(&hash).await? {
            Some(record) => operator.revoke_invite(&record, now).await?,
            None => return Ok(()),
        },
        Edit::Resend(hash, code) => match operator.invite(&hash).await? {
            Some(record) => {
                let tenant = operator.tenant(&record.invite.tenant).await?;
                let expires_at = now.plus_seconds(INVITE_LIFE_SECONDS);
                operator.resend_invite(&tenant, &record, &code, expires_at, now).await?
            }
            None => return Ok(()),
        },
        Edit::Suspend((user, tenant)) => {
            let user = operator.user(&user).await?;
            operator.set_member_status(&user, &tenant, MembershipStatus::Suspended, now)?
        }
        Edit::Remove((user, tenant)) => {
            let user = operator.user(&user).await?;
            operator.set_member_status(&user, &tenant, MembershipStatus::Removed, now)?
        }
        Edit::Resume((user, tenant)) => {
            let user = operator.user(&user).await?;
            operator.resume_member(&user, &operator.tenant(&tenant).await?, now)?
        }
        Edit::Add((user, tenant), role) => {
            let tenant = operator.tenant(&tenant).await?;
            let user = operator.user(&user).await?;
            operator.add_member(&tenant, &user, &[role], None, now)?
        }
        Edit::SetRoles((user, tenant), roles) => {
            let tenant = operator.tenant(&tenant).await?;
            let user = operator.user(&user).await?;
            operator.set_member_roles(&user, &tenant, &roles, now)?
        }
        Edit::PauseTenant(tenant) => {
            return set_status(operator, &tenant, TenantStatus::Suspended, "tenant.suspend", now).await;
        }
        Edit::ResumeTenant(tenant) => {
            return set_status(operator, &tenant, TenantStatus::Active, "tenant.resume", now).await;
        }
        Edit::Tenant(id) => {
            let name = id.to_string();
            let tenant = Tenant {
                id,
                name: parsed(&name),
                tier: parsed("pro"),
                status: TenantStatus::Active,
                roles: BTreeMap::new(),
                pools: Vec::new(),
            };
            operator.create_tenant(&tenant, &parsed(&name), None, now).await?
        }
        Edit::Place(tenant, cell) => {
            let tier = operator.tenant(&tenant).await?.tenant.tier;
            let plan = async |cell: &_| {
                let (record, in_use) =
                    (operator.tenant(&tenant).await?, operator.pools_in_use(&tenant).await?);
                operator.place_tenant(&record, cell, &in_use, now)
            };
            return operator.place(&tier, Some(&cell), &|_| true, plan).await.map(|_| ());
        }
    };
    operator.apply(planned, "it").await
}

/// Makes an invite.
pub(crate) async fn invite(
    operator: &Operator,
    invite: &NewInvite,
    code: &InviteCode,
    now: Timestamp,
) -> Result<(), OperatorError> {
    let tenant = operator.tenant(&invite.tenant).await?;
    let planned = operator.create_invite(&tenant, invite, code, now).await?;
    operator.apply(planned, "the invite").await
}

async fn set_status(
    operator: &Operator,
    tenant: &TenantId,
    status: TenantStatus,
    action: &'static str,
    now: Timestamp,
) -> Result<(), OperatorError> {
    let record = operator.tenant(tenant).await?;
    let edit = TenantEdit { status: Some(status), ..TenantEdit::default() };
    let planned = operator.edit_tenant(&record, edit, action, now).await?;
    operator.apply(planned, "the tenant").await
}
