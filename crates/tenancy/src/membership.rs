//! Memberships: which user belongs to which tenant. They are the only evidence for a token.

use crate::{Role, TenantId, Timestamp};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MembershipStatus {
    /// The member gets tokens.
    Active,
    /// The member gets no tokens until an operator resumes the membership.
    Suspended,
    /// The member gets no tokens. Only an operator can add the user again; an invite cannot.
    Removed,
}

impl MembershipStatus {
    pub const ALL: [Self; 3] = [Self::Active, Self::Suspended, Self::Removed];

    /// The name in the table and in output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Removed => "removed",
        }
    }
}

/// Whether the user attribute `custom:tenantId` has been written for a membership.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stamp {
    /// Not yet. The next confirmation event or `tenantctl repair stamps` writes it.
    Pending,
    Done,
}

impl Stamp {
    pub const ALL: [Self; 2] = [Self::Pending, Self::Done];

    /// The name in the table and in output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
        }
    }
}

/// One user in one tenant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Membership {
    pub tenant: TenantId,
    /// In order of precedence.
    pub roles: Vec<Role>,
    pub status: MembershipStatus,
    pub stamp: Stamp,
    /// Counts the changes of roles and status. Each write names the version that it read.
    pub version: u64,
    /// `None` when another tool wrote the item without it.
    pub joined_at: Option<Timestamp>,
}

impl Membership {
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == MembershipStatus::Active
    }
}

/// The user's settings across tenants.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Profile {
    /// The tenant of a token when the request names none.
    pub default_tenant: Option<TenantId>,
}

/// All that the table has about one user, from one strongly consistent read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct UserRecords {
    /// Memberships of any status, in the order of their tenants' ids.
    pub memberships: Vec<Membership>,
    /// Default values when the table has no profile.
    pub profile: Profile,
}

impl UserRecords {
    /// The membership in `tenant`, in any status.
    #[must_use]
    pub fn in_tenant(&self, tenant: &TenantId) -> Option<&Membership> {
        self.memberships.iter().find(|membership| membership.tenant == *tenant)
    }

    /// The memberships in the order of joining, then by tenant id. Those without a date come last.
    #[must_use]
    pub fn by_joining(&self) -> Vec<&Membership> {
        let mut memberships: Vec<&Membership> = self.memberships.iter().collect();
        memberships.sort_by_key(|m| (m.joined_at.is_none(), m.joined_at, &m.tenant));
        memberships
    }

    /// The tenant of a token when the request names none: the profile's default, or else that of the membership that was
    /// joined first, in any status.
    #[must_use]
    pub fn default_tenant(&self) -> Option<&TenantId> {
        let first = || self.by_joining().first().map(|membership| &membership.tenant);
        self.profile.default_tenant.as_ref().or_else(first)
    }

    /// Whether there is an active membership that `earlier` lacks, in `tenant` if one is given. If so, an overlapping call
    /// has joined the user.
    #[must_use]
    pub fn has_joined_since(&self, earlier: &Self, tenant: Option<&TenantId>) -> bool {
        let is_new = |m: &Membership| !earlier.is_active_in(&m.tenant);
        self.active().any(|m| is_new(m) && tenant.is_none_or(|tenant| *tenant == m.tenant))
    }

    pub fn active(&self) -> impl Iterator<Item = &Membership> {
        self.memberships.iter().filter(|membership| membership.is_active())
    }

    #[must_use]
    pub fn is_active_in(&self, tenant: &TenantId) -> bool {
        self.in_tenant(tenant).is_some_and(Membership::is_active)
    }
}
