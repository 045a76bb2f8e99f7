//! The table of the targets. Ana is active in `acme` and suspended in `globex`; `initech` has neither her nor anybody else. The
//! app client `silo` is bound to `acme`, the machine `robot` to `initech`. There are no invites, so nothing can be joined.

use memory::{Store, Table, membership, parsed, tenant};
use tenancy::{ClientBinding, ClientBindingMode, MembershipStatus, TenantStatus, UserKey};

use crate::pool::{POOL, SUB};

pub(crate) fn table() -> Store {
    let mut table = Table::default();
    for id in ["acme", "globex", "initech"] {
        table.tenants.insert(parsed(id), tenant(id, TenantStatus::Active));
    }
    for (client, tenant, mode) in
        [("silo", "acme", ClientBindingMode::Required), ("robot", "initech", ClientBindingMode::Machine)]
    {
        let binding = ClientBinding { tenant: parsed(tenant), mode };
        table.clients.insert((parsed(POOL), parsed(client)), binding);
    }
    let ana = table.users.entry(UserKey { pool: parsed(POOL), sub: parsed(SUB) }).or_default();
    ana.memberships.push(membership("acme", MembershipStatus::Active));
    ana.memberships.push(membership("globex", MembershipStatus::Suspended));
    table.into()
}
