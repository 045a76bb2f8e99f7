//! Writes the stamps, one user after the other. Whatever happens, what is not done stays pending in the table, and the next
//! run finds it there: that is all there is to resuming.

use std::collections::BTreeMap;

use serde::Serialize;
use tenancy::confirm::stamp;
use tenancy::live::TenantState;
use tenancy::{Pool, TenantId, Timestamp, UserKey};
use tenancy_aws::operator::{Operator, OperatorError};

use super::plan::{Pending, Plan};
use crate::commands::repair::expected::pending_stamp;
use crate::commands::repair::pool_users::{AlreadyWritten, PoolUsers};
use crate::commands::repair::recorded::{Recorded, stamp_detail};
use crate::commands::repair::records::{damage_apart, tenants_of};
use crate::commands::repair::settle::{Course, Ended, MAX_SILENCES};
use crate::commands::repair::stop::Stop;
use crate::commands::repair::trouble::Trouble;
use crate::commands::repair::unsettled::Unsettled;
use user_pool::aws_error::Meaning;

/// What came of it.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    /// Users whose attribute was written.
    pub(crate) stamped: usize,
    /// Users whose attribute was right already; now the table says so too.
    pub(crate) already_right: usize,
    /// Users who were no longer pending when it was their turn.
    pub(crate) settled_meanwhile: usize,
    /// Users who could not be stamped.
    pub(crate) failed: Vec<FailedUser>,
    /// Why the users of a pool, or all, were not tried any more.
    pub(crate) stopped: Vec<Stopped>,
    /// Users who are still to be stamped, the failed ones included.
    pub(crate) left: usize,
    /// How often Cognito has refused a call as one too many; each was made again.
    pub(crate) throttled: u64,
    /// Whether ctrl-c ended it.
    pub(crate) interrupted: bool,
    /// Why the operator has to sign in again before the rest.
    #[serde(skip)]
    pub(crate) sign_in: Option<Meaning>,
}

/// A user who could not be stamped.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FailedUser {
    pub(crate) user_pool_id: String,
    pub(crate) sub: String,
    /// A stable name: `user-missing`, `refused`, `no-answer`, `damaged`, `store`, or that of what stopped it all.
    pub(crate) reason: &'static str,
    /// In words.
    pub(crate) detail: String,
}

/// Why it was not tried any more.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stopped {
    /// The pool; all pools when there is none.
    pub(crate) user_pool_id: Option<String>,
    /// A stable name: `access-denied`, `attribute-missing`, `pool-missing`, `throttled`, `no-answer`, `session-expired`,
    /// `keys-refused`, `no-credentials`, `clock-wrong`.
    pub(crate) reason: &'static str,
    /// In words.
    pub(crate) detail: String,
}

/// How one user ended.
enum Settled {
    Stamped,
    AlreadyRight,
    Meanwhile,
}

/// Writes what `plan` says, as it is when it is each user's turn.
pub(crate) async fn apply(
    plan: &Plan,
    operator: &Operator,
    pools: &PoolUsers,
    stop: &Stop,
    clock: &dyn Fn() -> Timestamp,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut stopped: BTreeMap<&str, Trouble> = BTreeMap::new();
    let mut course = Course::new(stop, "users stamped", plan.users.len());
    for Pending { user, .. } in &plan.users {
        if !course.goes_on() {
            break;
        }
        if stopped.contains_key(user.pool.as_str()) {
            continue;
        }
        let unsettled = match course
            .note(settle((user, plan.pool_tenants.pool(&user.pool)), operator, pools, clock()).await)
        {
            Ended::Settled(settled) => {
                match settled {
                    Settled::Stamped => outcome.stamped += 1,
                    Settled::AlreadyRight => outcome.already_right += 1,
                    Settled::Meanwhile => outcome.settled_meanwhile += 1,
                }
                continue;
            }
            Ended::Interrupted => break,
            Ended::Failed(unsettled) => unsettled,
        };
        outcome.failed.push(failed(user, &unsettled));
        if let Some(meaning) = course.sign_in {
            let (reason, detail) = (meaning.name(), unsettled.detail());
            outcome.stopped.push(Stopped { user_pool_id: None, reason, detail });
            break;
        }
        if let Unsettled::Pool(trouble) = unsettled
            && trouble.stops_the_pool()
        {
            stopped.insert(user.pool.as_str(), trouble);
        }
        if course.is_silent() {
            let detail = format!("{MAX_SILENCES} users in a row got no answer");
            outcome.stopped.push(Stopped { user_pool_id: None, reason: "no-answer", detail });
            break;
        }
    }
    (outcome.interrupted, outcome.sign_in) = (course.interrupted, course.sign_in);
    outcome.stopped.extend(stopped.into_iter().map(|(pool, trouble)| Stopped {
        user_pool_id: Some(pool.to_owned()),
        reason: trouble.reason(),
        detail: trouble.to_string(),
    }));
    let settled = outcome.stamped + outcome.already_right + outcome.settled_meanwhile;
    outcome.left = plan.users.len().saturating_sub(settled);
    outcome.throttled = pools.refusals();
    outcome
}

/// Reads the user anew, and writes what is missing. The user is looked up by `sub` also
/// when the membership has a name: the name may be another user's by now, and the attribute may be right already.
async fn settle(
    (user, of_pool): (&UserKey, Pool<'_>),
    operator: &Operator,
    pools: &PoolUsers,
    now: Timestamp,
) -> Result<Settled, Unsettled> {
    let record = damage_apart(operator.user(user).await)??;
    let records = record.records();
    let tenants = tenants_of(operator, of_pool, &records).await.map_err(OperatorError::Store)?;
    let state = |tenant: &TenantId| tenants.state(tenant).unwrap_or(TenantState::Damaged);
    let Some(plan) = pending_stamp(&records, &state) else {
        return Ok(Settled::Meanwhile);
    };
    let UserKey { pool, sub } = user;
    let in_pool = pools.find(pool, sub).await?.ok_or(Trouble::UserMissing)?;
    let detail = stamp_detail(pools.stamp_of(&in_pool), Some(&plan.tenant));
    let recorded = Recorded { operator, user: &record, detail, now };
    let is_right = pools.stamp_of(&in_pool) == Some(plan.tenant.as_str());
    let written = if is_right {
        stamp(&plan, user, &in_pool.username, &AlreadyWritten, &recorded).await
    } else {
        stamp(&plan, user, &in_pool.username, pools, &recorded).await
    };
    written.map_err(Unsettled::of_stamp)?;
    Ok(if is_right { Settled::AlreadyRight } else { Settled::Stamped })
}

fn failed(user: &UserKey, unsettled: &Unsettled) -> FailedUser {
    let UserKey { pool, sub } = user;
    let (user_pool_id, sub) = (pool.to_string(), sub.to_string());
    FailedUser { user_pool_id, sub, reason: unsettled.reason(), detail: unsettled.detail() }
}
