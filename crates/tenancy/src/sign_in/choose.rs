//! Chooses which of a user's tenants a token carries.

use crate::live::TenantState;
use crate::{Membership, MembershipStatus, TenantId, UserRecords};

/// Why a token is refused. The texts for users are in the crate `cognito-trigger`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// The user is a member of no tenant.
    NoTenant,
    /// The request has an invite code, and the code was refused.
    InviteRequired,
    /// The user is not a member of the tenant that was asked for or that the app client is bound to.
    WrongTenant,
    /// The tenant is in other user pools than that of the request.
    OtherPool,
    /// A refresh after the user lost the default tenant, while another membership is live.
    ChooseTenant,
    /// The tenant or the membership is suspended, or the tenant that was asked for is offboarded.
    Suspended,
}

/// Why this membership was chosen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ChosenBy {
    /// The app client is bound to its tenant.
    ClientBinding,
    /// The request asked for its tenant.
    Asked,
    /// The profile names its tenant as the default tenant.
    Default,
    /// The profile names no default tenant, and the user joined this one first.
    JoinedFirst,
    /// The default tenant cannot be granted. Of the others, the user joined this one first. It becomes the default.
    Fallback,
}

impl ChosenBy {
    /// A stable name for logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientBinding => "client_binding",
            Self::Asked => "asked",
            Self::Default => "default",
            Self::JoinedFirst => "joined_first",
            Self::Fallback => "fallback",
        }
    }
}

/// The result of choosing, or the reads that it still needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Choice<'a> {
    /// The states of some of these tenants are needed, the first ones first.
    Read(Vec<TenantId>),
    /// This membership. It is active, in an active tenant.
    Grant(&'a Membership, ChosenBy),
    /// No membership is live. If nothing is redeemed either, call [`nothing_left`].
    NothingLive,
    Refuse(Refusal),
    /// The record of this tenant is damaged or missing, and no other tenant can be granted.
    Damaged(TenantId),
}

/// Chooses the membership in the tenant that was bound or asked for. It never moves to another tenant.
#[must_use]
pub fn choose_wanted<'a>(
    records: &'a UserRecords,
    wanted: &TenantId,
    by: ChosenBy,
    state: &impl Fn(&TenantId) -> Option<TenantState>,
) -> Choice<'a> {
    let Some(membership) = records.in_tenant(wanted) else { return Choice::Refuse(Refusal::WrongTenant) };
    match membership.status {
        MembershipStatus::Removed => Choice::Refuse(Refusal::WrongTenant),
        MembershipStatus::Suspended => Choice::Refuse(Refusal::Suspended),
        MembershipStatus::Active => match state(wanted) {
            None => Choice::Read(vec![wanted.clone()]),
            Some(TenantState::Active) => Choice::Grant(membership, by),
            Some(TenantState::Suspended | TenantState::Offboarded) => Choice::Refuse(Refusal::Suspended),
            Some(TenantState::OtherPool) => Choice::Refuse(Refusal::OtherPool),
            Some(TenantState::Damaged) => Choice::Damaged(wanted.clone()),
        },
    }
}

/// Chooses a membership when no tenant was bound or asked for: that in the default tenant. If it cannot be granted, a sign-in
/// falls back to the membership that was joined first. A refresh is refused instead, because the app would mix the data of
/// two customers.
#[must_use]
pub fn choose<'a>(
    records: &'a UserRecords,
    is_refresh: bool,
    state: &impl Fn(&TenantId) -> Option<TenantState>,
) -> Choice<'a> {
    let Some(default) = records.default_tenant() else { return Choice::NothingLive };
    let membership = records.in_tenant(default).filter(|m| m.status != MembershipStatus::Removed);
    if let Some(membership) = membership {
        let by = match records.profile.default_tenant {
            Some(_) => ChosenBy::Default,
            None => ChosenBy::JoinedFirst,
        };
        match (state(default), membership.is_active()) {
            (None, true) => return Choice::Read(vec![default.clone()]),
            (None, false) if is_refresh => return Choice::Read(vec![default.clone()]),
            (Some(TenantState::Active), true) => return Choice::Grant(membership, by),
            (Some(TenantState::Damaged), true) => return Choice::Damaged(default.clone()),
            (Some(TenantState::Suspended), true) if is_refresh => return Choice::Refuse(Refusal::Suspended),
            (Some(TenantState::OtherPool), true) if is_refresh => return Choice::Refuse(Refusal::OtherPool),
            (Some(state), false) if is_refresh && !state.is_gone() => {
                return Choice::Refuse(Refusal::Suspended);
            }
            (None | Some(_), _) => {}
        }
    }
    let active: Vec<&Membership> = records.by_joining().into_iter().filter(|m| m.is_active()).collect();
    if is_refresh { after_a_lost_default(&active, state) } else { fall_back(&active, state) }
}

/// Refuses a refresh after the default tenant was lost. The user chooses at the next sign-in.
fn after_a_lost_default<'a>(
    active: &[&Membership],
    state: &impl Fn(&TenantId) -> Option<TenantState>,
) -> Choice<'a> {
    let is_live = |m: &&Membership| state(&m.tenant).is_some_and(|state| !state.is_gone());
    let unread = unread(active, state);
    if active.iter().any(is_live) {
        Choice::Refuse(Refusal::ChooseTenant)
    } else if unread.is_empty() {
        Choice::NothingLive
    } else {
        Choice::Read(unread)
    }
}

/// The first membership that is active in an active tenant. All tenants before it must have been read.
fn fall_back<'a>(active: &[&'a Membership], state: &impl Fn(&TenantId) -> Option<TenantState>) -> Choice<'a> {
    let mut without_grant = Choice::NothingLive;
    for membership in active {
        match state(&membership.tenant) {
            None => return Choice::Read(unread(active, state)),
            Some(TenantState::Active) => return Choice::Grant(membership, ChosenBy::Fallback),
            Some(TenantState::Damaged) => without_grant = Choice::Damaged(membership.tenant.clone()),
            Some(TenantState::Suspended) if without_grant == Choice::NothingLive => {
                without_grant = Choice::Refuse(Refusal::Suspended);
            }
            Some(TenantState::Suspended | TenantState::Offboarded | TenantState::OtherPool) => {}
        }
    }
    without_grant
}

/// The refusal for a user without a live membership: whether something is suspended, or in another pool. A membership in an
/// offboarded tenant does not count.
#[must_use]
pub fn nothing_left<'a>(
    records: &UserRecords,
    state: &impl Fn(&TenantId) -> Option<TenantState>,
) -> Choice<'a> {
    let suspended: Vec<&Membership> =
        records.by_joining().into_iter().filter(|m| m.status == MembershipStatus::Suspended).collect();
    let is_kept = |m: &&Membership| state(&m.tenant).is_some_and(|state| !state.is_gone());
    let unread = unread(&suspended, state);
    let mut active = records.active();
    if suspended.iter().any(is_kept) {
        Choice::Refuse(Refusal::Suspended)
    } else if !unread.is_empty() {
        Choice::Read(unread)
    } else if active.any(|m| state(&m.tenant) == Some(TenantState::OtherPool)) {
        Choice::Refuse(Refusal::OtherPool)
    } else {
        Choice::Refuse(Refusal::NoTenant)
    }
}

fn unread(memberships: &[&Membership], state: &impl Fn(&TenantId) -> Option<TenantState>) -> Vec<TenantId> {
    let unread = memberships.iter().filter(|m| state(&m.tenant).is_none());
    unread.map(|m| m.tenant.clone()).collect()
}
