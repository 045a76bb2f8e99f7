//! One join that is to be written.

use super::offer::Way;
use crate::{
    EmailHash, Membership, MembershipStatus, Role, Stamp, TenantId, Timestamp, UserKey, UserRecords, Username,
};

/// One join, decided and not yet written. Every part names what it was decided from, so that the write fails as a
/// whole when that has changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JoinPlan {
    /// Who joins.
    pub user: UserKey,
    /// The user's name, kept for operators.
    pub username: Option<Username>,
    pub way: Way,
    /// The address whose pointer goes, because this is the invite's last use.
    pub spent_pointer: Option<EmailHash>,
    /// When the table may drop the record of the invite's use.
    pub keep_until: Option<Timestamp>,
    pub tenant: TenantId,
    /// The roles of the membership afterwards.
    pub roles: Vec<Role>,
    /// How the membership comes about.
    pub membership: MembershipChange,
    /// How the tenant becomes the user's default; `None`: another stays it.
    pub default: Option<DefaultChange>,
    /// The time of the request.
    pub at: Timestamp,
    /// The request that this is part of.
    pub request_id: String,
}

/// A change of a user's default tenant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DefaultChange {
    /// What the profile names now, if anything.
    pub from: Option<TenantId>,
    /// What it will name.
    pub to: TenantId,
}

/// How a membership comes about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MembershipChange {
    /// There is none yet.
    Create,
    /// It is active already, and gets the invite's roles in addition.
    AddRoles {
        /// The version that was read.
        version: u64,
    },
}

impl JoinPlan {
    /// Brings `records` to what they are once this is written.
    pub fn apply(&self, records: &mut UserRecords) {
        if let Some(change) = &self.default {
            records.profile.default_tenant = Some(change.to.clone());
        }
        let version = match self.membership {
            MembershipChange::Create => 1,
            MembershipChange::AddRoles { version } => version.saturating_add(1),
        };
        let existing = records.memberships.iter_mut().find(|membership| membership.tenant == self.tenant);
        if let Some(membership) = existing {
            membership.roles.clone_from(&self.roles);
            membership.version = version;
            return;
        }
        let place = records.memberships.partition_point(|m| m.tenant < self.tenant);
        let membership = Membership {
            tenant: self.tenant.clone(),
            roles: self.roles.clone(),
            status: MembershipStatus::Active,
            stamp: Stamp::Pending,
            version,
            joined_at: Some(self.at),
        };
        records.memberships.insert(place, membership);
    }
}
