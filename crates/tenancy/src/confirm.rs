//! The use case of post-confirmation: a confirmed user joins a tenant and is stamped with it.

use futures_util::future::{self, join_all};

use crate::join::{Applicant, JoinOutcome, JoinRefusal, JoinReport, join, offer_of_code};
use crate::live::{TenantState, Tenants};
use crate::ports::{BoxError, JoinStore, Records, Stamps, StoreError, UserDirectory};
use crate::wanted::Wanted;
use crate::{ClientId, Presented, Stamp, TenantId, UserKey, UserRecords, Username};

/// A user's confirmation.
#[derive(Clone, Copy, Debug)]
pub struct Confirmation<'a> {
    /// The user, and what the request brought.
    pub applicant: Applicant<'a>,
    /// `None` when the event names no app client, as in an administrator's confirmation.
    pub client: Option<&'a ClientId>,
    /// `clientMetadata.tenantId`.
    pub asked: &'a Presented<TenantId>,
}

/// The result of a confirmation, before the stamp is written.
#[derive(Debug)]
pub struct Confirmed {
    pub join: JoinReport,
    /// The user's records afterwards; `None` when they were not read.
    pub records: Option<UserRecords>,
    /// The stamp to write. An error when the tenants that it depends on could not be read.
    pub stamp: Result<Option<StampPlan>, StoreError>,
}

impl Confirmed {
    fn refused(why: JoinRefusal, records: Option<UserRecords>) -> Self {
        Self { join: JoinOutcome::Refused(why).into(), records, stamp: Ok(None) }
    }
}

/// Joins a tenant for a user who has just been confirmed. Safe to repeat and to overlap.
///
/// # Errors
///
/// [`StoreError`] when the table could not be read or written, or an item is damaged. A repeated call or the next sign-in
/// finishes the join.
pub async fn confirm<S: JoinStore>(
    confirmation: Confirmation<'_>,
    store: &S,
) -> Result<Confirmed, StoreError> {
    let Confirmation { applicant, client, asked } = confirmation;
    if *applicant.code == Presented::Malformed {
        return Ok(Confirmed::refused(JoinRefusal::Malformed, None));
    }
    let binding = async {
        match client {
            Some(client) => store.client_binding(&applicant.user.pool, client).await,
            None => Ok(None),
        }
    };
    let (records, binding, offer) =
        future::join3(store.user(applicant.user), binding, offer_of_code(applicant, store)).await;
    let (mut records, binding) = (records?, binding?);
    let bound = applicant.pool().required_tenant(client, binding.as_ref()).map_err(StoreError::from)?;
    let Ok(wanted) = Wanted::of(bound, asked) else {
        return Ok(Confirmed::refused(JoinRefusal::WrongTenant, Some(records)));
    };
    let mut tenants = Tenants::new(store, applicant.pool());
    let mut report = join(applicant, wanted, &mut records, &mut tenants, store, offer).await?;
    // Without a code, a live membership is the result of an earlier call.
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
    Ok(missing_stamp(records, |tenant| tenants.state(tenant).is_some_and(TenantState::is_gone)))
}

/// A stamp to be written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StampPlan {
    /// The value of the user attribute: the default tenant if the user is an active member of it, else the first pending
    /// tenant.
    pub tenant: TenantId,
    /// The memberships whose `stamp` becomes `done`.
    pub memberships: Vec<TenantId>,
}

/// The stamp that `records` lack; `None` when there is nothing to write. Stamps for
/// offboarded tenants and for tenants in other pools stay pending.
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

/// Writes the user attribute, then marks the stamp as done. After an error the stamp stays pending; it is safe to repeat.
///
/// # Errors
///
/// The error of the write that failed, for operators.
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
