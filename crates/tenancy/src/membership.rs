//! Memberships: which user belongs to which tenant. The only evidence for a token.

use crate::{Role, TenantId, Timestamp};

/// Whether a membership counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MembershipStatus {
    /// It does.
    Active,
    /// Not for now.
    Suspended,
    /// Not any more. An invite never revives it; an operator can.
    Removed,
}

impl MembershipStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Active, Self::Suspended, Self::Removed];

    /// Its name, in the table and wherever it is shown.
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
    /// Not yet: post-confirmation could not, or the user joined at a sign-in. The next confirmation event, or an operator, writes it.
    Pending,
    /// It has.
    Done,
}

impl Stamp {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Pending, Self::Done];

    /// Its name, in the table and wherever it is shown.
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
    /// The tenant.
    pub tenant: TenantId,
    /// The roles, in order of precedence.
    pub roles: Vec<Role>,
    /// Whether it counts.
    pub status: MembershipStatus,
    /// Whether the user attribute has been written.
    pub stamp: Stamp,
    /// Counts the changes of roles and status; each names the version that it read.
    pub version: u64,
    /// When the user joined; items of other tools may lack it.
    pub joined_at: Option<Timestamp>,
}

impl Membership {
    /// Whether it is active.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == MembershipStatus::Active
    }
}

/// What a user has chosen across tenants.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Profile {
    /// The tenant of a token for which no other was asked.
    pub default_tenant: Option<TenantId>,
}

/// All that the table knows of one user, read at once and strongly consistent.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct UserRecords {
    /// Memberships of any status, in the order of their tenants' ids.
    pub memberships: Vec<Membership>,
    /// The profile; the default one when there is none.
    pub profile: Profile,
}

impl UserRecords {
    /// The membership in `tenant`, whatever its status.
    #[must_use]
    pub fn in_tenant(&self, tenant: &TenantId) -> Option<&Membership> {
        self.memberships.iter().find(|membership| membership.tenant == *tenant)
    }

    /// The memberships in the order of joining: those without a date last, then by tenant id.
    #[must_use]
    pub fn by_joining(&self) -> Vec<&Membership> {
        let mut memberships: Vec<&Membership> = self.memberships.iter().collect();
        memberships.sort_by_key(|m| (m.joined_at.is_none(), m.joined_at, &m.tenant));
        memberships
    }

    /// The tenant of a token for which no other was asked: the profile's default, or, without one, that of the membership
    /// that was joined first, in whatever state it is.
    #[must_use]
    pub fn default_tenant(&self) -> Option<&TenantId> {
        let first = || self.by_joining().first().map(|membership| &membership.tenant);
        self.profile.default_tenant.as_ref().or_else(first)
    }

    /// Whether there is an active membership that `earlier` did not have, in `tenant` if one is given: an overlapping call
    /// has joined the user meanwhile.
    #[must_use]
    pub fn has_joined_since(&self, earlier: &Self, tenant: Option<&TenantId>) -> bool {
        let is_new = |m: &Membership| !earlier.is_active_in(&m.tenant);
        self.active().any(|m| is_new(m) && tenant.is_none_or(|tenant| *tenant == m.tenant))
    }

    /// The active memberships.
    pub fn active(&self) -> impl Iterator<Item = &Membership> {
        self.memberships.iter().filter(|membership| membership.is_active())
    }

    /// Whether there is an active membership in `tenant`.
    #[must_use]
    pub fn is_active_in(&self, tenant: &TenantId) -> bool {
        self.in_tenant(tenant).is_some_and(Membership::is_active)
    }
}
