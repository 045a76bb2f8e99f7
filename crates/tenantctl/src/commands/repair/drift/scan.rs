//! Reads both sides, page by page. Of a large pool it holds one `sub` for each member, the states of tenants, and the findings.

use std::collections::{HashMap, HashSet};

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::UserPoolType;
use tenancy::live::TenantState;
use tenancy::{MembershipStatus, Pool, PoolId, Sub, TenantId, UserKey};
use tenancy_aws::operator::{Operator, OperatorError, UserRecord};

use super::finding::{Finding, Kind};
use super::judge::{InPool, TenantStates, judge};
use crate::commands::repair::attribute::AttributeName;
use crate::commands::repair::pool_tenant;
use crate::commands::repair::pool_users::PoolUsers;
use crate::commands::repair::records::{damage_apart, read_users};
use crate::commands::repair::trouble::Trouble;
use crate::context::Context;
use crate::failure::{self, Failure};
use crate::progress::Progress;
use user_pool::aws_error::{AwsError, Meaning};
use user_pool::users::PoolUser;

/// What was seen, and found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Users of the pool.
    pub(crate) users: usize,
    /// Users of the pool who are an active member somewhere.
    pub(crate) members: usize,
    /// What is not as it should be.
    pub(crate) findings: Vec<Finding>,
    /// The tenant that the pool belongs to.
    pub(crate) pool_tenant: Option<TenantId>,
}

/// Compares the pool with the table, which is read first: who is a member by then and not in the pool afterwards is gone.
pub(crate) async fn scan(
    context: &Context,
    client: &Client,
    operator: &Operator,
    pools: &PoolUsers,
    pool: &PoolId,
    attribute: &AttributeName,
) -> Result<Scan, Failure> {
    let mut scan = Scan::default();
    let schema = read_schema(context, client, pool, attribute).await?;
    if !schema.has_attribute {
        let attribute = attribute.to_string();
        scan.findings.push(Finding::of(Kind::AttributeMissing { attribute }));
    }
    let of_pool = Pool { id: pool, tenant: schema.pool_tenant.as_ref() };
    let mut tenants = TenantStates::of(of_pool);
    let mut unseen = members(operator, of_pool, &mut tenants, &mut scan).await?;
    let mut progress = Progress::new("users compared", schema.estimated_users);
    let mut pages = pools.pages(pool);
    while let Some(page) =
        pools.next_page(&mut pages).await.map_err(|trouble| list_failure(pool, &trouble))?
    {
        let seen = page.len();
        for user in &page {
            unseen.remove(&user.sub);
        }
        for (user, record) in read_page(operator, pool, page, &mut scan).await? {
            learn(&mut tenants, operator, of_pool, &record).await?;
            let stamp = schema.has_attribute.then(|| pools.stamp_of(&user));
            let records = record.records();
            let in_pool = InPool { status: &user.status, enabled: user.enabled, stamp };
            scan.members += usize::from(records.active().next().is_some());
            let kinds = judge(in_pool, &records, &tenants);
            scan.findings.extend(kinds.into_iter().map(|kind| Finding::of_user(&user.sub, kind)));
        }
        scan.users += seen;
        progress.advance(seen);
    }
    drop(progress);
    look_for_the_unseen(operator, pools, pool, unseen, &mut scan).await?;
    scan.findings.sort_by(|one, other| {
        let order = other.severity.cmp(&one.severity);
        order.then_with(|| one.kind.cmp(&other.kind)).then_with(|| one.sub.cmp(&other.sub))
    });
    scan.findings.dedup();
    scan.pool_tenant = schema.pool_tenant;
    Ok(scan)
}

/// Looks for the tenants of a user that are not known yet: the index lists no tenant that was made by hand without it.
async fn learn(
    tenants: &mut TenantStates,
    operator: &Operator,
    pool: Pool<'_>,
    record: &UserRecord,
) -> Result<(), Failure> {
    for member in &record.memberships {
        let tenant = &member.membership.tenant;
        if tenants.knows(tenant) {
            continue;
        }
        let state = match operator.tenant(tenant).await {
            Ok(found) => Some(TenantState::of(&found.tenant, pool)),
            Err(OperatorError::Refused { .. }) => None,
            // A damaged one is there.
            Err(OperatorError::Store(tenancy::ports::StoreError::Damaged(_))) => Some(TenantState::Damaged),
            Err(error) => return Err(error.into()),
        };
        tenants.note(tenant.clone(), state);
    }
    Ok(())
}

/// What the pool's description says.
struct Schema {
    has_attribute: bool,
    estimated_users: Option<u64>,
    pool_tenant: Option<TenantId>,
}

/// Whether the pool has the attribute. When these credentials may not look, it is taken to have it.
async fn read_schema(
    context: &Context,
    client: &Client,
    pool: &PoolId,
    attribute: &AttributeName,
) -> Result<Schema, Failure> {
    let call = client.describe_user_pool().user_pool_id(pool.as_str()).send();
    let answer = match Box::pin(call).await {
        Ok(answer) => answer,
        Err(error) => {
            let error = AwsError::of(&error);
            let failure = failure::of("describe the pool", &error);
            if error.meaning() == Meaning::NotFound {
                return Err(failure.hint(context.region_hint(pool)));
            }
            if error.meaning().needs_sign_in() {
                return Err(failure);
            }
            context.note(&format!(
                "could not check whether the pool has {attribute}: {failure}. Continuing as if it has, and as if POOL_TENANT is \
                 not set."
            ));
            return Ok(Schema { has_attribute: true, estimated_users: None, pool_tenant: None });
        }
    };
    let described = answer.user_pool();
    let attributes = described.map(UserPoolType::schema_attributes).unwrap_or_default();
    let estimated = described.map(UserPoolType::estimated_number_of_users);
    let triggers = described.and_then(UserPoolType::lambda_config);
    Ok(Schema {
        pool_tenant: pool_tenant::of_triggers(pool, triggers, context).await?,
        has_attribute: attributes.iter().any(|one| one.name() == Some(attribute.as_str())),
        estimated_users: estimated.and_then(|users| u64::try_from(users).ok()).filter(|users| *users > 0),
    })
}

/// The members in the pool, by the index.
async fn members(
    operator: &Operator,
    pool: Pool<'_>,
    tenants: &mut TenantStates,
    scan: &mut Scan,
) -> Result<HashSet<Sub>, Failure> {
    let mut damaged = |damage: tenancy::Damage| {
        scan.findings.push(Finding::of(Kind::Damaged { item: damage.key, problem: damage.problem }));
    };
    let pages = operator.tenant_pages();
    pages
        .each(|listed| match listed {
            Ok(record) => {
                let state = TenantState::of(&record.tenant, pool);
                tenants.note(record.tenant.id, Some(state));
            }
            Err(damage) => damaged(damage),
        })
        .await?;
    let mut progress = Progress::new("members read", None);
    let mut subs = HashSet::new();
    for tenant in tenants.existing() {
        let pages = operator.member_pages(tenant, None);
        pages
            .each(|listed| {
                progress.advance(1);
                match listed {
                    Ok(member) if member.user.pool == *pool.id => {
                        if member.membership.status != MembershipStatus::Removed {
                            subs.insert(member.user.sub);
                        }
                    }
                    Ok(_) => {}
                    // Of another pool: another run's business.
                    Err(damage) if is_of_another_pool(&damage.key, pool.id) => {}
                    Err(damage) => damaged(damage),
                }
            })
            .await?;
    }
    Ok(subs)
}

/// The records of a page of users. The damaged ones are found, and not judged.
async fn read_page(
    operator: &Operator,
    pool: &PoolId,
    page: Vec<PoolUser>,
    scan: &mut Scan,
) -> Result<Vec<(PoolUser, UserRecord)>, Failure> {
    let mut users: HashMap<Sub, PoolUser> = page.into_iter().map(|user| (user.sub.clone(), user)).collect();
    let keys: Vec<UserKey> =
        users.keys().map(|sub| UserKey { pool: pool.clone(), sub: sub.clone() }).collect();
    let mut records = Vec::new();
    read_users(operator, keys, |key, read| match (read, users.remove(&key.sub)) {
        (Ok(record), Some(user)) => records.push((user, record)),
        (Ok(_), None) => {}
        (Err(damage), _) => {
            let kind = Kind::Damaged { item: damage.key, problem: damage.problem };
            // The same item may have been found by the index, without a user.
            scan.findings.retain(|finding| finding.kind != kind);
            scan.findings.push(Finding::of_user(&key.sub, kind));
        }
    })
    .await?;
    Ok(records)
}

/// Members whom no page had: each is looked for by `sub`, since a user who signed up meanwhile may have been on none.
async fn look_for_the_unseen(
    operator: &Operator,
    pools: &PoolUsers,
    pool: &PoolId,
    unseen: HashSet<Sub>,
    scan: &mut Scan,
) -> Result<(), Failure> {
    let mut progress = Progress::new("members looked for", u64::try_from(unseen.len()).ok());
    for sub in unseen {
        progress.advance(1);
        let user = UserKey { pool: pool.clone(), sub: sub.clone() };
        let record = match damage_apart(operator.user(&user).await)? {
            Ok(record) => record,
            Err(damage) => {
                let kind = Kind::Damaged { item: damage.key, problem: damage.problem };
                scan.findings.retain(|finding| finding.kind != kind);
                scan.findings.push(Finding::of_user(&sub, kind));
                continue;
            }
        };
        let tenants = remaining_tenants(&record);
        if tenants.is_empty() {
            continue;
        }
        if pools.find(pool, &sub).await.map_err(|trouble| list_failure(pool, &trouble))?.is_none() {
            let tenants = tenants.iter().map(ToString::to_string).collect();
            scan.findings.push(Finding::of_user(&sub, Kind::UserMissing { tenants }));
        }
    }
    Ok(())
}

/// The tenants of which a user is a member, suspended or not.
pub(crate) fn remaining_tenants(record: &UserRecord) -> Vec<TenantId> {
    let memberships = record.memberships.iter().map(|member| &member.membership);
    memberships
        .filter(|membership| membership.status != MembershipStatus::Removed)
        .map(|membership| membership.tenant.clone())
        .collect()
}

fn is_of_another_pool(key: &str, pool: &PoolId) -> bool {
    key.strip_prefix("USER#")
        .is_some_and(|rest| rest.strip_prefix(pool.as_str()).is_none_or(|rest| !rest.starts_with('#')))
}

fn list_failure(pool: &PoolId, trouble: &Trouble) -> Failure {
    let what = format!("look at the users of pool {pool}");
    match trouble {
        Trouble::Call(error) => {
            failure::of(&what, error).coded("failed").needs("cognito-idp:ListUsers on the pool")
        }
        _ => Failure::failed(format!("could not {what}: {trouble}")),
    }
}
