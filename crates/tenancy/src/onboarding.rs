//! The use case of post-confirmation: a user was confirmed, joins a tenant and is stamped with it.

use futures_util::future::{join, join_all};

use crate::choice::{AskedTenant, Wanted};
use crate::ports::{BoxError, Damage, Invites, Records, Stamps, StoreError, UserDirectory};
use crate::redeem::{Redeemed, redeem};
use crate::redemption::{Candidate, InviteRefusal, Redemption, RefusedOpening};
use crate::tenants::{TenantState, Tenants};
use crate::{ClientId, PresentedCode, Stamp, TenantId, UserKey, UserRecords, Username};

/// A user's confirmation.
#[derive(Clone, Copy, Debug)]
pub struct Confirmation<'a> {
    /// The user, and what may be redeemed.
    pub candidate: Candidate<'a>,
    /// The app client, if one took part.
    pub client: Option<&'a ClientId>,
    /// The tenant that the request asks for.
    pub asked: &'a AskedTenant,
}

/// What came of a confirmation, before the stamp.
#[derive(Debug)]
pub struct Joined {
    /// What came of redeeming.
    pub redemption: Redemption,
    /// The user's records afterwards; `None` when none were read, because nothing had to be.
    pub records: Option<UserRecords>,
    /// The stamp that is still to be written; an error when the tenants that it depends on could not be read.
    pub stamp: Result<Option<StampPlan>, StoreError>,
    /// What was on offer and refused.
    pub refused: Vec<RefusedOpening>,
    /// Damaged items that were passed over.
    pub damaged: Vec<Damage>,
}

impl Joined {
    fn refused(why: InviteRefusal, records: Option<UserRecords>) -> Self {
        let redemption = Redemption::Refused(why);
        Self { redemption, records, stamp: Ok(None), refused: Vec::new(), damaged: Vec::new() }
    }
}

/// Redeems what there is to redeem for a user who has just been confirmed. Safe to repeat and to overlap.
///
/// # Errors
///
/// [`StoreError`] when the store gave no answer or holds a damaged item. A repetition, or the next sign-in, finishes it.
pub async fn confirm<S: Records + Invites>(
    confirmation: Confirmation<'_>,
    store: &S,
) -> Result<Joined, StoreError> {
    let Confirmation { candidate, client, asked } = confirmation;
    if *candidate.code == PresentedCode::Malformed {
        return Ok(Joined::refused(InviteRefusal::Malformed, None));
    }
    let (records, binding) = join(store.user(candidate.user), async {
        match client {
            Some(client) => store.client_binding(&candidate.user.pool, client).await,
            None => Ok(None),
        }
    })
    .await;
    let (mut records, binding) = (records?, binding?);
    let bound = binding.as_ref().and_then(|binding| binding.required_tenant());
    let Ok(wanted) = Wanted::of(bound, asked) else {
        return Ok(Joined::refused(InviteRefusal::WrongTenant, Some(records)));
    };
    let mut tenants = Tenants::new(store);
    let Redeemed { mut redemption, refused, damaged } =
        redeem(candidate, wanted, &mut records, &mut tenants, store).await?;
    // With no code given, a live membership is the first outcome of an earlier call.
    if matches!(redemption, Redemption::Refused(_))
        && *candidate.code == PresentedCode::None
        && tenants.has_live(&records).await?
    {
        redemption = Redemption::Already;
    }
    let stamp = stamp_of(&records, &mut tenants).await;
    Ok(Joined { redemption, records: Some(records), stamp, refused, damaged })
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
