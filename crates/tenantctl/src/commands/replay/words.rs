//! Words of the domain.

use tenancy::{MembershipStatus, TenantId, TenantStatus, Timestamp};

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

/// Tenants by `or`.
pub(super) fn one_of(tenants: &[&TenantId]) -> String {
    let names: Vec<&str> = tenants.iter().map(|tenant| tenant.as_str()).collect();
    names.join(" or ")
}

/// RFC 3339, in UTC.
pub(super) fn moment(at: Timestamp) -> String {
    // What lies beyond the year 9999 cannot be written so.
    let latest = 253_402_300_799;
    let since = std::time::Duration::from_secs(at.epoch_seconds().min(latest));
    humantime::format_rfc3339_seconds(std::time::UNIX_EPOCH + since).to_string()
}
