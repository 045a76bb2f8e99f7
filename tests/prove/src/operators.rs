//! What operators change while users sign in, by the code of `tenantctl`.

use std::collections::BTreeMap;

use memory::parsed;
use tenancy::{
    CellName, CellStatus, InviteCode, InviteHash, MembershipStatus, PoolId, ProviderName, Role, Tenant,
    TenantId, TenantStatus, Timestamp, UserKey,
};
use tenancy_aws::operator::{CellEdit, NewInvite, Operator, OperatorError, ProviderTerms, TenantEdit};

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
    MakeDefault((UserKey, TenantId)),
    SetStatus(TenantId, TenantStatus),
    Place(TenantId, CellName),
    SetCellStatus(CellName, CellStatus),
    Bind((PoolId, ProviderName), TenantId, ProviderTerms),
    Unbind((PoolId, ProviderName)),
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
        Edit::MakeDefault((user, tenant)) => {
            let (tenant, user) = (operator.tenant(&tenant).await?, operator.user(&user).await?);
            operator.set_default_tenant(&user, &tenant, now)?
        }
        Edit::SetStatus(tenant, status) => {
            let record = operator.tenant(&tenant).await?;
            let edit = TenantEdit { status: Some(status), ..TenantEdit::default() };
            operator.edit_tenant(&record, edit, "tenant.status", now).await?
        }
        Edit::SetCellStatus(cell, status) => {
            let edit = CellEdit { status: Some(status), ..CellEdit::default() };
            operator.edit_cell(&operator.cell(&cell).await?, edit, "cell.status", now)?
        }
        Edit::Bind((pool, provider), tenant, terms) => {
            let tenant = operator.tenant(&tenant).await?;
            operator.bind_provider(&tenant, &pool, &provider, &terms, now).await?
        }
        Edit::Unbind((pool, provider)) => match operator.provider(&pool, &provider).await? {
            Some(record) => operator.unbind_provider(record, now),
            None => return Ok(()),
        },
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
