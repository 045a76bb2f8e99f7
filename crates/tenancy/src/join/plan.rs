//! A decided join, before it is written.

use super::offer::Way;
use crate::{
    EmailHash, Membership, MembershipStatus, Role, Stamp, TenantId, Timestamp, UserKey, UserRecords, Username,
};

/// A decided join, before it is written. The parts name the values that the decision rests on. The write fails as a whole
/// when one of those has changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JoinPlan {
    pub user: UserKey,
    /// Stored in the membership, for operators.
    pub username: Option<Username>,
    pub way: Way,
    /// The address whose pointer is deleted, because this is the invite's last use.
    pub spent_pointer: Option<EmailHash>,
    /// `ttl` of the use: when the table may delete it.
    pub keep_until: Option<Timestamp>,
    pub tenant: TenantId,
    /// All roles of the membership after the write.
    pub roles: Vec<Role>,
    pub membership: MembershipChange,
    /// `None` when the default tenant stays.
    pub default: Option<DefaultChange>,
    pub at: Timestamp,
    /// Lambda's id of the request, for the audit item.
    pub request_id: String,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DefaultChange {
    /// The default in the profile before the write.
    pub from: Option<TenantId>,
    pub to: TenantId,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MembershipChange {
    /// The membership is new.
    Create,
    /// The membership is active, and gets the invite's roles in addition.
    AddRoles { version: u64 },
}

impl JoinPlan {
    /// Updates `records` to their state after the write.
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
