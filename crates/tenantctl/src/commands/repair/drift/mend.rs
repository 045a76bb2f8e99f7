//! Mends what was found, one after the other. Each is looked at again first: it may be no longer so.

use serde::Serialize;
use tenancy::confirm::stamp;
use tenancy::live::TenantState;
use tenancy::{MembershipStatus, Pool, Sub, TenantId, Timestamp, UserKey};
use tenancy_aws::operator::{Operator, OperatorError, UserRecord};

use super::finding::{Finding, Mend, Mended};
use super::scan::remaining_tenants;
use crate::commands::repair::expected::{expected_stamp, pending_stamp};
use crate::commands::repair::pool_users::PoolUsers;
use crate::commands::repair::recorded::{Recorded, stamp_detail};
use crate::commands::repair::records::{damage_apart, tenants_of};
use crate::commands::repair::settle::{Course, Ended};
use crate::commands::repair::stop::Stop;
use crate::commands::repair::trouble::Trouble;
use crate::commands::repair::unsettled::Unsettled;
use user_pool::aws_error::Meaning;

/// What came of mending.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    /// Findings that were mended.
    pub(crate) mended: usize,
    /// Findings that were no longer so.
    pub(crate) settled_meanwhile: usize,
    /// Findings that could not be mended.
    pub(crate) failed: usize,
    /// Why the rest was not tried: a stable name.
    pub(crate) stopped: Option<&'static str>,
    /// The same in words.
    pub(crate) stopped_detail: Option<String>,
    /// How often Cognito has refused a call as one too many; each was made again.
    pub(crate) throttled: u64,
    /// Whether ctrl-c ended it.
    pub(crate) interrupted: bool,
    /// Why the operator has to sign in again before the rest.
    #[serde(skip)]
    pub(crate) sign_in: Option<Meaning>,
}

/// How long ago a user must have joined before it counts that the pool's list does not have them: it is behind at times, and
/// no invite brings a removed membership back. A day.
const SETTLED_SECONDS: u64 = 24 * 60 * 60;

/// What mending takes.
pub(crate) struct Mender<'a> {
    /// The table, written by who is asking.
    pub(crate) operator: &'a Operator,
    pub(crate) pools: &'a PoolUsers,
    pub(crate) pool: Pool<'a>,
    /// The time.
    pub(crate) clock: &'a dyn Fn() -> Timestamp,
}

impl Mender<'_> {
    /// Mends `findings`, and notes with each what came of it.
    pub(crate) async fn mend(&self, findings: &mut [Finding], stop: &Stop) -> Outcome {
        let mut outcome = Outcome::default();
        let mut todo: Vec<&mut Finding> =
            findings.iter_mut().filter(|finding| finding.mend.is_some()).collect();
        // The table first: it needs nothing of the pool's quota.
        todo.sort_by_key(|finding| finding.mend);
        let mut course = Course::new(stop, "mended", todo.len());
        for finding in todo {
            let (Some(mend), Some(Ok(sub))) = (finding.mend, finding.sub.as_deref().map(str::parse::<Sub>))
            else {
                continue;
            };
            if !course.goes_on() {
                break;
            }
            let user = UserKey { pool: self.pool.id.clone(), sub };
            let mended = match mend {
                Mend::ClearDefault => self.clear_default(&user).await,
                Mend::RemoveMemberships => self.remove_memberships(&user).await,
                Mend::WriteStamp | Mend::DeleteStamp => self.set_stamp(&user).await,
            };
            let unsettled = match course.note(mended) {
                Ended::Settled(mended) => {
                    if mended == Mended::Mended {
                        outcome.mended += 1;
                    } else {
                        outcome.settled_meanwhile += 1;
                    }
                    finding.outcome = Some(mended);
                    continue;
                }
                Ended::Interrupted => break,
                Ended::Failed(unsettled) => unsettled,
            };
            outcome.failed += 1;
            finding.outcome = Some(Mended::Failed { reason: unsettled.reason(), detail: unsettled.detail() });
            let stops = matches!(&unsettled, Unsettled::Pool(trouble) if trouble.stops_the_pool());
            if stops || course.sign_in.is_some() || course.is_silent() {
                outcome.stopped = Some(unsettled.reason());
                outcome.stopped_detail = Some(unsettled.detail());
                break;
            }
        }
        (outcome.interrupted, outcome.sign_in) = (course.interrupted, course.sign_in);
        outcome.throttled = self.pools.refusals();
        outcome
    }

    async fn clear_default(&self, user: &UserKey) -> Result<Mended, Unsettled> {
        let record = self.read(user).await?;
        let change = self.operator.clear_foreign_default(&record, (self.clock)());
        if change.is_empty() {
            return Ok(Mended::SettledMeanwhile);
        }
        self.operator.apply(change, &format!("the profile of user {}", user.sub)).await?;
        Ok(Mended::Mended)
    }

    async fn remove_memberships(&self, user: &UserKey) -> Result<Mended, Unsettled> {
        if self.pools.find(self.pool.id, &user.sub).await?.is_some() {
            return Ok(Mended::SettledMeanwhile);
        }
        let mut mended = Mended::SettledMeanwhile;
        for _ in 0..remaining_tenants(&self.read(user).await?).len() {
            let record = self.read(user).await?;
            let Some(tenant) = remaining_tenants(&record).into_iter().next() else { break };
            let joined = record.in_tenant(&tenant).and_then(|member| member.joined_at).unwrap_or_default();
            if joined.plus_seconds(SETTLED_SECONDS) > (self.clock)() {
                return Err(Unsettled::Recent);
            }
            let removed = MembershipStatus::Removed;
            let change = self.operator.set_member_status(&record, &tenant, removed, (self.clock)())?;
            self.operator
                .apply(change, &format!("the membership of user {} in `{tenant}`", user.sub))
                .await?;
            mended = Mended::Mended;
        }
        Ok(mended)
    }

    async fn set_stamp(&self, user: &UserKey) -> Result<Mended, Unsettled> {
        let record = self.read(user).await?;
        let records = record.records();
        let in_pool = self.pools.find(self.pool.id, &user.sub).await?.ok_or(Trouble::UserMissing)?;
        let tenants = tenants_of(self.operator, self.pool, &records).await.map_err(OperatorError::Store)?;
        let state = |tenant: &TenantId| tenants.state(tenant).unwrap_or(TenantState::Damaged);
        let expected = expected_stamp(&records, &state);
        let found = self.pools.stamp_of(&in_pool);
        if found == expected.map(TenantId::as_str) {
            return Ok(Mended::SettledMeanwhile);
        }
        let now = (self.clock)();
        // When a stamp is pending, the table is told as well.
        if let Some(plan) = pending_stamp(&records, &state) {
            let detail = stamp_detail(found, Some(&plan.tenant));
            let recorded = Recorded { operator: self.operator, user: &record, detail, now };
            let written = stamp(&plan, user, &in_pool.username, self.pools, &recorded).await;
            written.map_err(Unsettled::of_stamp)?;
        } else {
            let tenant = self.audited_tenant(&record, expected, found).await?;
            self.pools.write_stamp(self.pool.id, &in_pool.username, expected).await?;
            if let Some(tenant) = tenant {
                let detail = stamp_detail(found, expected);
                let change = self.operator.record_stamp(&record, &tenant, &detail, now);
                self.operator.apply(change, "the audit").await?;
            }
        }
        Ok(Mended::Mended)
    }

    /// The tenant whose audit records that a stamp was written or deleted: the tenant that the stamp names now, or named
    /// before, or one of the user's own. `None` when no tenant is concerned.
    async fn audited_tenant(
        &self,
        record: &UserRecord,
        expected: Option<&TenantId>,
        found: Option<&str>,
    ) -> Result<Option<TenantId>, Unsettled> {
        if let Some(tenant) = expected {
            return Ok(Some(tenant.clone()));
        }
        if let Some(Ok(tenant)) = found.map(str::parse::<TenantId>) {
            match self.operator.tenant(&tenant).await {
                Ok(_) => return Ok(Some(tenant)),
                Err(OperatorError::Refused { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(record.memberships.first().map(|member| member.membership.tenant.clone()))
    }

    async fn read(&self, user: &UserKey) -> Result<UserRecord, Unsettled> {
        Ok(damage_apart(self.operator.user(user).await)??)
    }
}
