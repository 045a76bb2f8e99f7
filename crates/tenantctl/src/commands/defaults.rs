//! Which users lose their default tenant by a change, and which tenant their next sign-in falls back to.

use std::collections::BTreeMap;

use serde::Serialize;
use tenancy::live::{TenantState, Tenants};
use tenancy::{MembershipStatus, Pool, PoolId, TenantId, TenantStatus, UserKey, UserRecords};
use tenancy_aws::operator::{MemberRecord, Operator, OperatorError, UserRecord};

use super::repair::records::read_users;
use crate::failure::Failure;
use crate::page::{Page, Show};
use crate::progress::Progress;

/// Tenants that a sentence names; the others are counted.
const NAMED: usize = 5;

/// How a user loses a tenant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Loss {
    /// The membership or the tenant is suspended.
    Suspended,
    /// The membership is removed, or the tenant is offboarded.
    Final,
}

impl From<MembershipStatus> for Loss {
    fn from(status: MembershipStatus) -> Self {
        match status {
            MembershipStatus::Removed => Self::Final,
            MembershipStatus::Suspended | MembershipStatus::Active => Self::Suspended,
        }
    }
}

impl From<TenantStatus> for Loss {
    fn from(status: TenantStatus) -> Self {
        match status {
            TenantStatus::Offboarded => Self::Final,
            TenantStatus::Suspended | TenantStatus::Active => Self::Suspended,
        }
    }
}

impl Loss {
    /// Whether `tenant` is the user's default and this takes it away. A user whose membership is suspended has lost it
    /// before, but gets it back with `resume` unless the loss is final.
    fn takes_default(self, tenant: &TenantId, records: &UserRecords) -> bool {
        let status = records.in_tenant(tenant).map(|membership| membership.status);
        let is_member = match self {
            Self::Suspended => status == Some(MembershipStatus::Active),
            Self::Final => matches!(status, Some(MembershipStatus::Active | MembershipStatus::Suspended)),
        };
        is_member && records.default_tenant() == Some(tenant)
    }

    /// What a refresh ends with until the next sign-in.
    const fn refusal(self) -> &'static str {
        match self {
            Self::Suspended => "SUSPENDED",
            Self::Final => "CHOOSE_TENANT",
        }
    }
}

/// A user who loses the default tenant.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LostDefault {
    pub(crate) user_pool_id: String,
    /// The user.
    pub(crate) sub: String,
    /// As the membership has it.
    pub(crate) username: Option<String>,
    /// The tenant that the next sign-in makes the default; `None`: the user has no other active tenant.
    pub(crate) falls_back_to: Option<String>,
}

/// The tenants of a user that may take the place of a default, in the order in which a sign-in tries them.
struct Applicant {
    lost: LostDefault,
    pool: PoolId,
    others: Vec<TenantId>,
}

/// The users who lose their default by a change of `tenant`, in the order of their pools and subs.
pub(crate) async fn lost_with_tenant(
    operator: &Operator,
    tenant: &TenantId,
    how: Loss,
) -> Result<Vec<LostDefault>, Failure> {
    // Only the keys are kept: a tenant can have very many members.
    let mut users: Vec<UserKey> = Vec::new();
    let pages = operator.member_pages(tenant, None);
    let is_left = |member: &MemberRecord| member.membership.status != MembershipStatus::Removed;
    pages.each(|listed| users.extend(listed.ok().filter(is_left).map(|member| member.user))).await?;
    let mut progress = Progress::new("members read", u64::try_from(users.len()).ok());
    let mut candidates = Vec::new();
    read_users(operator, users, |_, read| {
        progress.advance(1);
        // The functions refuse a user with a damaged item anyway; `repair drift` names the item.
        candidates.extend(read.ok().and_then(|record| applicant(&record, tenant, how)));
    })
    .await?;
    drop(progress);
    settle(operator, candidates).await
}

/// The same, of one user and a change of their membership in `tenant`.
pub(crate) async fn lost_with_membership(
    operator: &Operator,
    user: &UserRecord,
    tenant: &TenantId,
    how: Loss,
) -> Result<Vec<LostDefault>, Failure> {
    settle(operator, applicant(user, tenant, how).into_iter().collect()).await
}

fn applicant(record: &UserRecord, tenant: &TenantId, how: Loss) -> Option<Applicant> {
    let records = record.records();
    if !how.takes_default(tenant, &records) {
        return None;
    }
    let username = record.in_tenant(tenant).and_then(|member| member.username.as_ref());
    let others = records.by_joining().into_iter().filter(|m| m.is_active() && m.tenant != *tenant);
    Some(Applicant {
        lost: LostDefault {
            user_pool_id: record.user.pool.to_string(),
            sub: record.user.sub.to_string(),
            username: username.map(|name| name.as_str().to_owned()),
            falls_back_to: None,
        },
        pool: record.user.pool.clone(),
        others: others.map(|membership| membership.tenant.clone()).collect(),
    })
}

/// Reads each tenant that somebody may fall back to, once.
async fn settle(operator: &Operator, candidates: Vec<Applicant>) -> Result<Vec<LostDefault>, Failure> {
    let Some(first) = candidates.first().map(|applicant| applicant.pool.clone()) else {
        return Ok(Vec::new());
    };
    let mut tenants = Tenants::new(operator.store(), Pool::shared(&first));
    let mut lost = Vec::with_capacity(candidates.len());
    for Applicant { lost: mut user, pool, others } in candidates {
        for other in &others {
            if tenants.state(other).is_none() {
                tenants.read(&others).await.map_err(OperatorError::Store)?;
            }
            // The users may be of several pools.
            let state = tenants.get(other).map(|tenant| TenantState::of(tenant, Pool::shared(&pool)));
            if state == Some(TenantState::Active) {
                user.falls_back_to = Some(other.to_string());
                break;
            }
        }
        lost.push(user);
    }
    lost.sort();
    Ok(lost)
}

/// What a command that ends a tenant says in JSON besides what it writes; for people the summary says it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LostDefaults {
    /// `None`: they could not be read.
    pub(crate) defaults_lost: Option<Vec<LostDefault>>,
}

impl Show for LostDefaults {
    fn show(&self, _: &mut Page) {}
}

/// Says it in words, without a full stop; empty when nobody loses anything.
pub(crate) fn sentence(lost: &[LostDefault], how: Loss) -> String {
    let mut by_tenant = BTreeMap::<&str, usize>::new();
    for tenant in lost.iter().filter_map(|user| user.falls_back_to.as_deref()) {
        *by_tenant.entry(tenant).or_default() += 1;
    }
    let falling: usize = by_tenant.values().sum();
    let stranded = lost.len().saturating_sub(falling);
    let mut parts = Vec::new();
    if falling > 0 {
        let mut by_count: Vec<(&str, usize)> = by_tenant.into_iter().collect();
        by_count.sort_by_key(|(tenant, count)| (std::cmp::Reverse(*count), *tenant));
        let named = by_count.iter().take(NAMED).enumerate().map(|(place, (tenant, count))| match place {
            0 if *count == 1 => format!("1 falls back to {tenant}"),
            0 => format!("{count} fall back to {tenant}"),
            _ => format!("{count} to {tenant}"),
        });
        let mut named: Vec<String> = named.collect();
        let rest: usize = by_count.iter().skip(NAMED).map(|(_, count)| count).sum();
        if rest > 0 {
            named.push(format!("{rest} to other tenants"));
        }
        let who = if falling == 1 { "1 user loses".to_owned() } else { format!("{falling} users lose") };
        parts.push(format!("{who} their default tenant: {}", named.join(", ")));
    }
    match stranded {
        0 => {}
        1 => parts.push("1 user has no other active tenant".to_owned()),
        stranded => parts.push(format!("{stranded} users have no other active tenant")),
    }
    let said = parts.join("; ");
    if falling == 0 {
        return said;
    }
    format!("{said}. The next sign-in moves the default; until then a refresh is refused ({})", how.refusal())
}

/// The same of one user.
pub(crate) fn one_sentence(lost: &LostDefault, how: Loss) -> String {
    match &lost.falls_back_to {
        Some(tenant) => format!(
            "This is the user's default tenant: the next sign-in falls back to `{tenant}`, and until then a refresh is \
             refused ({})",
            how.refusal()
        ),
        None => "This is the user's default tenant, and the user has no other active tenant".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(tenants: &[(&str, usize)]) -> Vec<LostDefault> {
        let user = |tenant: &str| LostDefault {
            user_pool_id: "eu-west-1_AbCdEf123".to_owned(),
            sub: "sub".to_owned(),
            username: None,
            falls_back_to: (!tenant.is_empty()).then(|| tenant.to_owned()),
        };
        tenants.iter().flat_map(|(tenant, count)| std::iter::repeat_n(user(tenant), *count)).collect()
    }

    #[test]
    fn the_users_are_counted_by_where_they_fall_back_to() {
        let until = ". The next sign-in moves the default; until then a refresh is refused (CHOOSE_TENANT)";
        let many = [("a", 9), ("b", 8), ("c", 7), ("d", 6), ("e", 5), ("f", 4), ("g", 3)];
        let rows: [(&[(&str, usize)], String); 6] = [
            (&[], String::new()),
            (&[("", 1)], "1 user has no other active tenant".to_owned()),
            (&[("", 4)], "4 users have no other active tenant".to_owned()),
            (&[("globex", 1)], format!("1 user loses their default tenant: 1 falls back to globex{until}")),
            (
                &[("initech", 1), ("globex", 2), ("", 4)],
                format!(
                    "3 users lose their default tenant: 2 fall back to globex, 1 to initech; 4 users have no other \
                     active tenant{until}"
                ),
            ),
            (
                &many,
                format!(
                    "42 users lose their default tenant: 9 fall back to a, 8 to b, 7 to c, 6 to d, 5 to e, 7 to other \
                     tenants{until}"
                ),
            ),
        ];

        for (tenants, expected) in rows {
            assert_eq!(sentence(&lost(tenants), Loss::Final), expected, "{tenants:?}");
        }
    }

    #[test]
    fn a_default_is_lost_only_by_a_user_who_has_it() {
        use MembershipStatus::{Active, Removed, Suspended};
        use tenancy::{Membership, Profile, Stamp};
        let records = |status, default: Option<&str>| UserRecords {
            memberships: vec![Membership {
                tenant: "acme".parse().unwrap(),
                roles: Vec::new(),
                status,
                stamp: Stamp::Done,
                version: 1,
                joined_at: None,
            }],
            profile: Profile { default_tenant: default.map(|tenant| tenant.parse().unwrap()) },
        };
        for (status, default, suspended, ended) in [
            (Active, Some("acme"), true, true),
            (Active, None, true, true),
            (Active, Some("globex"), false, false),
            (Suspended, Some("acme"), false, true),
            (Removed, Some("acme"), false, false),
        ] {
            let (records, acme) = (records(status, default), "acme".parse().unwrap());
            let found = [Loss::Suspended, Loss::Final].map(|how| how.takes_default(&acme, &records));
            assert_eq!(found, [suspended, ended], "{status:?} {default:?}");
        }
    }
}
