//! Whose stamp is pending.

use std::collections::HashSet;

use tenancy::onboarding::missing_stamp;
use tenancy::ports::Damage;
use tenancy::{PoolId, Stamp, TenantId, TenantStatus, UserKey};
use tenancy_aws::operator::{MemberRecord, Operator};

use crate::commands::repair::records::read_users;
use crate::failure::Failure;

/// Users to be stamped, each once, however many of their memberships are pending.
#[derive(Debug, Default)]
pub struct Plan {
    /// The users, in the order of their tenants.
    pub users: Vec<Pending>,
    /// Items that could not be read.
    pub damaged: Vec<Damage>,
}

/// A user to be stamped.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The user.
    pub user: UserKey,
    /// What the attribute becomes, as things are.
    pub tenant: TenantId,
}

/// Finds them: by the index, which is a moment behind, then by each user's own records, strongly consistent.
///
/// # Errors
///
/// [`Failure`] when the table gives no answer, or there is no such tenant.
pub async fn read(
    operator: &Operator,
    pool: Option<&PoolId>,
    tenant: Option<&TenantId>,
) -> Result<Plan, Failure> {
    let mut plan = Plan::default();
    let mut tenants = Vec::new();
    let mut over = HashSet::new();
    for listed in operator.tenants().await? {
        match listed {
            Ok(record) if record.tenant.status == TenantStatus::Offboarded => {
                over.insert(record.tenant.id);
            }
            Ok(record) => tenants.push(record.tenant.id),
            Err(damage) => plan.damaged.push(damage),
        }
    }
    if let Some(tenant) = tenant {
        tenants = vec![operator.tenant(tenant).await?.tenant.id];
    }
    let mut seen = HashSet::new();
    let mut candidates = Vec::new();
    for tenant in &tenants {
        for listed in operator.members(tenant).await? {
            match listed {
                Ok(member) if is_wanted(&member, pool) && seen.insert(member.user.clone()) => {
                    candidates.push(member.user);
                }
                Ok(_) => {}
                Err(damage) => plan.damaged.push(damage),
            }
        }
    }
    let order: std::collections::HashMap<UserKey, usize> =
        candidates.iter().cloned().enumerate().map(|(place, user)| (user, place)).collect();
    let Plan { users, damaged } = &mut plan;
    read_users(operator, candidates, |user, read| match read {
        Ok(record) => {
            let stamp = missing_stamp(&record.records(), |tenant| over.contains(tenant));
            users.extend(stamp.map(|stamp| Pending { user, tenant: stamp.tenant }));
        }
        Err(damage) => damaged.push(damage),
    })
    .await?;
    users.sort_by_key(|pending| order.get(&pending.user).copied());
    damaged.sort_by(|one, other| one.key.cmp(&other.key));
    damaged.dedup();
    Ok(plan)
}

fn is_wanted(member: &MemberRecord, pool: Option<&PoolId>) -> bool {
    member.membership.is_active()
        && member.membership.stamp == Stamp::Pending
        && pool.is_none_or(|pool| member.user.pool == *pool)
}
