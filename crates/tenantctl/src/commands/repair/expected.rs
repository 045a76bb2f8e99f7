//! What the stamp of a user should be.

use tenancy::confirm::{StampPlan, missing_stamp};
use tenancy::live::TenantState;
use tenancy::{TenantId, UserRecords};

/// The stamp that is pending, with the tenant that it should name; `None`: nothing is pending.
pub(crate) fn pending_stamp(
    records: &UserRecords,
    state: &impl Fn(&TenantId) -> TenantState,
) -> Option<StampPlan> {
    let pending = missing_stamp(records, |tenant| state(tenant).is_gone())?;
    let tenant = expected_stamp(records, state)?.clone();
    Some(StampPlan { tenant, ..pending })
}

/// The tenant that the stamp should name: the default tenant, or, when that gives no token any more, the one that the next
/// sign-in falls back to. A tenant that is suspended keeps its stamps. `None`: there should be no stamp.
pub(crate) fn expected_stamp<'a>(
    records: &'a UserRecords,
    state: &impl Fn(&TenantId) -> TenantState,
) -> Option<&'a TenantId> {
    let is_kept = |tenant: &TenantId| records.is_active_in(tenant) && !state(tenant).is_gone();
    let first_kept = || records.by_joining().into_iter().map(|m| &m.tenant).find(|tenant| is_kept(tenant));
    let default = records.default_tenant().filter(|tenant| is_kept(tenant));
    default.or_else(|| fallback(records, state)).or_else(first_kept)
}

/// The tenant that the next sign-in falls back to: that of the membership joined first among those that are active in an
/// active tenant.
pub(crate) fn fallback<'a>(
    records: &'a UserRecords,
    state: &impl Fn(&TenantId) -> TenantState,
) -> Option<&'a TenantId> {
    let active = records.by_joining().into_iter().filter(|membership| membership.is_active());
    active.map(|membership| &membership.tenant).find(|tenant| state(tenant) == TenantState::Active)
}
