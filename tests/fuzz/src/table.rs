//! The table of the targets. Ana is active in `acme` and suspended in `globex`; `initech` has neither her nor anybody else. The
//! app client `silo` is bound to `acme`, the machine `robot` to `initech`. There are no invites, so nothing can be joined.

use std::collections::BTreeMap;

use memory::{Store, Table, parsed};
use tenancy::{
    ClientBinding, ClientBindingMode, Membership, MembershipStatus, Stamp, Tenant, TenantStatus, UserKey,
};

use crate::pool::{POOL, SUB};

pub(crate) fn table() -> Store {
    let mut table = Table::default();
    for id in ["acme", "globex", "initech"] {
        let tenant = Tenant {
            id: parsed(id),
            name: parsed("Acme"),
            tier: parsed("pro"),
            status: TenantStatus::Active,
            roles: BTreeMap::new(),
            pools: Vec::new(),
        };
        table.tenants.insert(parsed(id), tenant);
    }
    for (client, tenant, mode) in
        [("silo", "acme", ClientBindingMode::Required), ("robot", "initech", ClientBindingMode::Machine)]
    {
        let binding = ClientBinding { tenant: parsed(tenant), mode };
        table.clients.insert((parsed(POOL), parsed(client)), binding);
    }
    let membership = |tenant, status| Membership {
        tenant: parsed(tenant),
        roles: vec![parsed("viewer")],
        status,
        stamp: Stamp::Done,
        version: 1,
        joined_at: None,
    };
    let ana = table.users.entry(UserKey { pool: parsed(POOL), sub: parsed(SUB) }).or_default();
    ana.memberships.push(membership("acme", MembershipStatus::Active));
    ana.memberships.push(membership("globex", MembershipStatus::Suspended));
    table.into()
}
