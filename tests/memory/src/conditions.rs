//! The conditions of the transaction by which a user joins (`crates/tenancy-aws/src/store.rs`).

use tenancy::join::{JoinPlan, MembershipChange, Way};
use tenancy::{Invite, InviteHash, InviteStatus, ProviderBinding, UserRecords};

/// The records that the conditions name, at the moment of the write.
#[derive(Clone, Debug)]
pub struct Present<'a> {
    pub records: &'a UserRecords,
    pub invite: Option<Invite>,
    /// Whether the user has used the invite.
    pub is_used: bool,
    /// The invite of the pointer that is spent.
    pub pointer: Option<InviteHash>,
    pub binding: Option<ProviderBinding>,
}

impl<'a> Present<'a> {
    /// Nothing but the user's records.
    #[must_use]
    pub fn of(records: &'a UserRecords) -> Self {
        Self { records, invite: None, is_used: false, pointer: None, binding: None }
    }
}

/// Whether nothing has changed that the plan rests on.
#[must_use]
pub fn may_join(plan: &JoinPlan, present: &Present<'_>) -> bool {
    let membership = present.records.in_tenant(&plan.tenant);
    let membership_holds = match plan.membership {
        MembershipChange::Create => membership.is_none(),
        MembershipChange::AddRoles { version } => {
            membership.is_some_and(|m| m.is_active() && m.version == version)
        }
    };
    let default = &present.records.profile.default_tenant;
    let default_holds = plan.default.as_ref().is_none_or(|change| change.from == *default);
    let way_holds = match &plan.way {
        Way::Provider(_) => present.binding.as_ref().is_some_and(|b| b.joins && b.tenant == plan.tenant),
        Way::Invite(hash) => {
            let is_open = |invite: &Invite| {
                invite.status == InviteStatus::Open
                    && invite.uses < invite.max_uses
                    && plan.at < invite.expires_at
                    && invite.tenant == plan.tenant
            };
            let is_pointer_right = plan.spent_pointer.is_none() || present.pointer.as_ref() == Some(hash);
            !present.is_used && is_pointer_right && present.invite.as_ref().is_some_and(is_open)
        }
    };
    membership_holds && default_holds && way_holds
}
