//! Whose stamp is pending.

use std::collections::{BTreeSet, HashMap, HashSet};

use tenancy::live::TenantState;
use tenancy::{Damage, PoolId, Stamp, Tenant, TenantId, TenantStatus, UserKey};
use tenancy_aws::operator::{MemberRecord, Operator};

use crate::commands::deployed::PoolTenants;
use crate::commands::repair::expected::pending_stamp;
use crate::commands::repair::pool_tenant;
use crate::commands::repair::records::read_users;
use crate::context::Context;
use crate::failure::Failure;

/// Users to be stamped, each once, however many of their memberships are pending.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The users, in the order of their tenants.
    pub(crate) users: Vec<Pending>,
    /// Items that could not be read.
    pub(crate) damaged: Vec<Damage>,
    /// Of the pools of these users.
    pub(crate) pool_tenants: PoolTenants,
}

/// A user to be stamped.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) user: UserKey,
    /// What the attribute becomes, as things are.
    pub(crate) tenant: TenantId,
}

/// Finds them: by the index, which is a moment behind, then by each user's own records, strongly consistent.
pub(crate) async fn read(
    context: &Context,
    operator: &Operator,
    pool: Option<&PoolId>,
    tenant: Option<&TenantId>,
) -> Result<Plan, Failure> {
    let mut plan = Plan::default();
    let mut tenants = Vec::new();
    let mut known = HashMap::<TenantId, Tenant>::new();
    let pages = operator.tenant_pages();
    pages
        .each(|listed| match listed {
            Ok(record) => {
                if record.tenant.status != TenantStatus::Offboarded {
                    tenants.push(record.tenant.id.clone());
                }
                known.insert(record.tenant.id.clone(), record.tenant);
            }
            Err(damage) => plan.damaged.push(damage),
        })
        .await?;
    if let Some(tenant) = tenant {
        tenants = vec![operator.tenant(tenant).await?.tenant.id];
    }
    let mut seen = HashSet::new();
    let mut candidates = Vec::new();
    for tenant in &tenants {
        let pages = operator.member_pages(tenant, None);
        pages
            .each(|listed| match listed {
                Ok(member) if is_wanted(&member, pool) && seen.insert(member.user.clone()) => {
                    candidates.push(member.user);
                }
                Ok(_) => {}
                Err(damage) => plan.damaged.push(damage),
            })
            .await?;
    }
    let pools: BTreeSet<&PoolId> = candidates.iter().map(|user: &UserKey| &user.pool).collect();
    for pool in pools {
        // A local table may have no pool to ask.
        if context.has_cognito() {
            plan.pool_tenants.note(pool.clone(), pool_tenant::read(pool, context).await?);
        }
    }
    let order: HashMap<UserKey, usize> =
        candidates.iter().cloned().enumerate().map(|(place, user)| (user, place)).collect();
    let Plan { users, damaged, pool_tenants } = &mut plan;
    read_users(operator, candidates, |user, read| match read {
        Ok(record) => {
            // A tenant that the index does not list is taken to be active until it is the user's turn.
            let pool = pool_tenants.pool(&user.pool);
            let state = |tenant: &TenantId| {
                known.get(tenant).map_or(TenantState::Active, |tenant| TenantState::of(tenant, pool))
            };
            let stamp = pending_stamp(&record.records(), &state);
            users.extend(stamp.map(|stamp| Pending { user: user.clone(), tenant: stamp.tenant }));
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
