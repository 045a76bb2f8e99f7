//! Words of the domain.

use tenancy::{MembershipStatus, TenantStatus};

pub(super) const fn tenant_status(status: TenantStatus) -> &'static str {
    match status {
        TenantStatus::Active => "active",
        TenantStatus::Suspended => "suspended",
        TenantStatus::Offboarded => "offboarded",
    }
}

pub(super) const fn membership_status(status: MembershipStatus) -> &'static str {
    match status {
        MembershipStatus::Active => "active",
        MembershipStatus::Suspended => "suspended",
        MembershipStatus::Removed => "removed",
    }
}
