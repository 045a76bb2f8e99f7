//! The use case of post-confirmation: a user was confirmed, joins a tenant and is stamped with it.

use futures_util::future::join_all;

use crate::ports::{BoxError, Damage, Invites, Records, Stamps, StoreError, UserDirectory};
use crate::redeem::{Redeemed, redeem};
use crate::redemption::{Candidate, InviteRefusal, Redemption, RefusedOpening};
use crate::{PresentedCode, Stamp, TenantId, UserKey, UserRecords, Username};

/// What came of a confirmation, before the stamp.
#[derive(Debug)]
pub struct Joined {
    /// What came of redeeming.
    pub redemption: Redemption,
    /// The user's records afterwards; `None` when none were read, because nothing had to be.
    pub records: Option<UserRecords>,
    /// What was on offer and refused.
    pub refused: Vec<RefusedOpening>,
    /// Damaged invites that were passed over.
    pub damaged: Vec<Damage>,
    /// Whether open invites of the address are left.
    pub is_incomplete: bool,
}

/// Redeems what there is to redeem for a user who has just been confirmed. Safe to repeat and to overlap.
///
/// # Errors
///
/// [`StoreError`] when the store gave no answer or holds a damaged item. A repetition, or the next sign-in, finishes it.
pub async fn join(candidate: Candidate<'_>, store: &(impl Records + Invites)) -> Result<Joined, StoreError> {
    if *candidate.code == PresentedCode::Malformed {
        let redemption = Redemption::Refused(InviteRefusal::Malformed);
        return Ok(Joined {
            redemption,
            records: None,
            refused: Vec::new(),
            damaged: Vec::new(),
            is_incomplete: false,
        });
    }
    let mut records = store.user(candidate.user).await?;
    let Redeemed { redemption, refused, damaged, is_incomplete } =
        redeem(candidate, &mut records, store).await?;
    Ok(Joined { redemption, records: Some(records), refused, damaged, is_incomplete })
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

/// The stamp that `records` still lack; `None` when there is nothing to write.
#[must_use]
pub fn missing_stamp(records: &UserRecords) -> Option<StampPlan> {
    let pending: Vec<TenantId> =
        records.active().filter(|m| m.stamp == Stamp::Pending).map(|m| m.tenant.clone()).collect();
    let default = records.profile.default_tenant.as_ref().filter(|tenant| records.is_active_in(tenant));
    let tenant = default.or(pending.first())?.clone();
    (!pending.is_empty()).then_some(StampPlan { tenant, memberships: pending })
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
