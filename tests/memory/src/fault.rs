//! Requests that fail.

use tenancy::TenantId;

/// What a request reads or writes. Every request of the table that has no variant of its own is [`Part::Table`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Part {
    /// The whole table. Its fault is also that of its parts, `Tenant` and `Defaults`.
    Table,
    /// One tenant: its record, and the write that notes a stamp of one of its members.
    Tenant(TenantId),
    /// The default tenants of the users: the write that moves one.
    Defaults,
    /// The tenant attributes of the users, which are not in the table.
    UserPool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// Each request fails, with this cause.
    Fails(&'static str),
    /// No request ends.
    Hangs,
}

impl Part {
    pub(crate) fn includes(&self, asked: &Self) -> bool {
        self == asked || (*self == Self::Table && *asked != Self::UserPool)
    }
}
