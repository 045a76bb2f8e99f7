//! The use case of post-confirmation: a user was confirmed, joins a tenant and is stamped with it.

use futures_util::future::{self, join_all};

use crate::join::{Applicant, JoinOutcome, JoinRefusal, JoinReport, join};
use crate::live::{TenantState, Tenants};
use crate::ports::{BoxError, JoinStore, Records, Stamps, StoreError, UserDirectory};
use crate::wanted::Wanted;
use crate::{ClientId, Presented, Stamp, TenantId, UserKey, UserRecords, Username};

/// A user's confirmation.
#[derive(Clone, Copy, Debug)]
pub struct Confirmation<'a> {
    /// The user, and what may be redeemed.
    pub applicant: Applicant<'a>,
    /// The app client, if one took part.
    pub client: Option<&'a ClientId>,
    /// The tenant that the request asks for.
    pub asked: &'a Presented<TenantId>,
}

/// What came of a confirmation, before the stamp.
#[derive(Debug)]
pub struct Confirmed {
    pub join: JoinReport,
    /// The user's records afterwards; `None` when none were read, because nothing had to be.
    pub records: Option<UserRecords>,
    /// The stamp that is still to be written; an error when the tenants that it depends on could not be read.
    pub stamp: Result<Option<StampPlan>, StoreError>,
}

impl Confirmed {
    fn refused(why: JoinRefusal, records: Option<UserRecords>) -> Self {
        Self { join: JoinOutcome::Refused(why).into(), records, stamp: Ok(None) }
    }
}

/// Redeems what there is to redeem for a user who has just been confirmed. Safe to repeat and to overlap.
///
/// # Errors
///
/// [`StoreError`] when the store gave no answer or holds a damaged item. A repetition, or the next sign-in, finishes it.
pub async fn confirm<S: JoinStore>(
    confirmation: Confirmation<'_>,
    store: &S,
) -> Result<Confirmed, StoreError> {
    let Confirmation { applicant, client, asked } = confirmation;
    if *applicant.code == Presented::Malformed {
        return Ok(Confirmed::refused(JoinRefusal::Malformed, None));
    }
    let (records, binding) = future::join(store.user(applicant.user), async {
        match client {
            Some(client) => store.client_binding(&applicant.user.pool, client).await,
            None => Ok(None),
        }
    })
    .await;
    let (mut records, binding) = (records?, binding?);
    let bound = binding.as_ref().and_then(|binding| binding.required_tenant());
    let Ok(wanted) = Wanted::of(bound, asked) else {
        return Ok(Confirmed::refused(JoinRefusal::WrongTenant, Some(records)));
    };
    let mut tenants = Tenants::new(store);
    let mut report = join(applicant, wanted, &mut records, &mut tenants, store).await?;
    // With no code given, a live membership is the first outcome of an earlier call.
    if matches!(report.outcome, JoinOutcome::Refused(_))
        && *applicant.code == Presented::None
        && tenants.has_live(&records).await?
    {
        report.outcome = JoinOutcome::Already;
    }
    let stamp = stamp_of(&records, &mut tenants).await;
    Ok(Confirmed { join: report, records: Some(records), stamp })
}

async fn stamp_of<S: Records>(
    records: &UserRecords,
    tenants: &mut Tenants<'_, S>,
) -> Result<Option<StampPlan>, StoreError> {
    let mut named = pending(records);
    if named.is_empty() {
        return Ok(None);
    }
    named.extend(records.default_tenant().cloned());
    tenants.read_all(&named).await?;
    Ok(missing_stamp(records, |tenant| tenants.state(tenant) == Some(TenantState::Offboarded)))
}

/// A stamp to be written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StampPlan {
    /// What the user attribute becomes: the default tenant, or, if the user is no active member of that, the first that is
    /// pending.
    pub tenant: TenantId,
    /// The memberships for which it counts.
    pub memberships: Vec<TenantId>,
}

/// The stamp that `records` still lack; `None` when there is nothing to write. A pending stamp of a membership whose tenant
/// is over (offboarded) is left pending.
#[must_use]
pub fn missing_stamp(records: &UserRecords, is_over: impl Fn(&TenantId) -> bool) -> Option<StampPlan> {
    let pending: Vec<TenantId> = pending(records).into_iter().filter(|tenant| !is_over(tenant)).collect();
    let default = records.default_tenant();
    let default = default.filter(|tenant| records.is_active_in(tenant) && !is_over(tenant));
    let tenant = default.or(pending.first())?.clone();
    (!pending.is_empty()).then_some(StampPlan { tenant, memberships: pending })
}

fn pending(records: &UserRecords) -> Vec<TenantId> {
    records.active().filter(|m| m.stamp == Stamp::Pending).map(|m| m.tenant.clone()).collect()
}

/// Writes a stamp: the user attribute first, then that it is written. What fails stays pending, and is safe to repeat.
///
/// # Errors
///
/// Whatever kept it from being written; for operators.
pub async fn stamp(
    plan: &StampPlan,
    user: &UserKey,
    username: &Username,
    directory: &impl UserDirectory,
    stamps: &impl Stamps,
) -> Result<(), BoxError> {
    directory.set_tenant(&user.pool, username, &plan.tenant).await?;
    let notes = plan.memberships.iter().map(|tenant| stamps.mark_stamped(user, tenant));
    for noted in join_all(notes).await {
        noted?;
    }
    Ok(())
}
