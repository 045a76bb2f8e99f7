//! Values that the tests of the rules share.

use std::collections::BTreeMap;

use tenancy::{
    InviteCode, Membership, MembershipStatus, Profile, Role, Stamp, Tenant, TenantId, TenantStatus,
    Timestamp, UserRecords,
};

pub(crate) const NOW: Timestamp = Timestamp::from_epoch_seconds(1_800_000_000);

pub(crate) fn tenant_id(id: &str) -> TenantId {
    id.parse().unwrap()
}

pub(crate) fn roles(names: &[&str]) -> Vec<Role> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

pub(crate) fn tenant(id: &str, status: TenantStatus) -> Tenant {
    Tenant {
        id: tenant_id(id),
        name: "Acme".parse().unwrap(),
        tier: "pro".parse().unwrap(),
        status,
        roles: BTreeMap::new(),
        pools: Vec::new(),
    }
}

pub(crate) fn membership(tenant: &str, status: MembershipStatus) -> Membership {
    Membership {
        tenant: tenant_id(tenant),
        roles: roles(&["viewer"]),
        status,
        stamp: Stamp::Done,
        version: 3,
        joined_at: None,
    }
}

pub(crate) fn joined(tenant: &str, status: MembershipStatus, at: u64) -> Membership {
    Membership { joined_at: Some(Timestamp::from_epoch_seconds(at)), ..membership(tenant, status) }
}

pub(crate) fn records(memberships: Vec<Membership>, default: Option<&str>) -> UserRecords {
    UserRecords { memberships, profile: Profile { default_tenant: default.map(tenant_id) } }
}

pub(crate) fn code() -> InviteCode {
    "inv_0123456789ABCDEFGHJKMNPQRS".parse().unwrap()
}
