//! Records for tests, which change what matters to them.

use std::collections::BTreeMap;

use tenancy::{
    Invite, InviteCode, InviteStatus, Membership, MembershipStatus, Stamp, Tenant, TenantStatus, Timestamp,
};

use crate::parsed;

/// A tenant with the name `Acme` and the tier `pro`, in all pools. Its roles have no groups.
#[must_use]
pub fn tenant(id: &str, status: TenantStatus) -> Tenant {
    let (name, tier) = (parsed("Acme"), parsed("pro"));
    Tenant { id: parsed(id), name, tier, status, roles: BTreeMap::new(), pools: Vec::new() }
}

/// A membership of a `viewer` whose stamp is done.
#[must_use]
pub fn membership(tenant: &str, status: MembershipStatus) -> Membership {
    Membership {
        tenant: parsed(tenant),
        roles: vec![parsed("viewer")],
        status,
        stamp: Stamp::Done,
        version: 1,
        joined_at: None,
    }
}

/// An invite for one user of any address, who becomes a `viewer`. It expires 1,000 seconds after the epoch.
#[must_use]
pub fn invite(code: &InviteCode, tenant: &str) -> Invite {
    Invite {
        hash: code.hash(),
        tenant: parsed(tenant),
        email: None,
        roles: vec![parsed("viewer")],
        uses: 0,
        max_uses: 1,
        status: InviteStatus::Open,
        expires_at: Timestamp::from_epoch_seconds(1_000),
        created_at: Timestamp::from_epoch_seconds(0),
    }
}
