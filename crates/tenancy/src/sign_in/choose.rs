//! Which of a user's tenants a token carries.

use crate::live::TenantState;
use crate::{Membership, MembershipStatus, TenantId, UserRecords};

/// Why a token is refused. What the user is told stands in the `cognito-trigger` crate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// The user is in no tenant.
    NoTenant,
    /// A code came and redeemed nothing.
    InviteRequired,
    /// Not a member of the tenant that was asked for or that the app client is bound to.
    WrongTenant,
    /// A refresh, whose tenant the user has lost while another is left.
    ChooseTenant,
    /// The tenant, or the membership in it, is suspended.
    Suspended,
}

/// By what a membership was chosen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ChosenBy {
    /// The app client is bound to its tenant.
    ClientBinding,
    /// The request asked for its tenant.
    Asked,
    /// The profile names its tenant as the default.
    Default,
    /// It was joined first, and the profile names no default.
    JoinedFirst,
    /// The default tenant cannot be granted; of the others it was joined first, and becomes the default.
    Fallback,
}

impl ChosenBy {
    /// A stable name.
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

/// What a user's records lead to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Choice<'a> {
    /// The decision needs the states of some of these tenants, the first ones first.
    Read(Vec<TenantId>),
    /// This membership, which is active in an active tenant.
    Grant(&'a Membership, ChosenBy),
    /// No membership is live. If nothing is redeemed either, [`nothing_left`] has the answer.
    NothingLive,
    /// No token.
    Refuse(Refusal),
    /// The record of this tenant is damaged or missing, and no other can be granted.
    Damaged(TenantId),
}

/// Chooses the membership in the tenant that was bound or asked for. There is never a move to another tenant.
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
            Some(TenantState::Damaged) => Choice::Damaged(wanted.clone()),
        },
    }
}

/// Chooses a membership when no tenant was bound or asked for: the default tenant's. If that cannot be granted, a sign-in
/// falls back to the membership that was joined first; a refresh is refused, because the app would write one customer's
/// data into another's.
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
            (Some(state), false) if is_refresh && state != TenantState::Offboarded => {
                return Choice::Refuse(Refusal::Suspended);
            }
            (None | Some(_), _) => {}
        }
    }
    let active: Vec<&Membership> = records.by_joining().into_iter().filter(|m| m.is_active()).collect();
    if is_refresh { after_a_lost_default(&active, state) } else { fall_back(&active, state) }
}

/// A refresh never moves to another tenant: the user chooses at the next sign-in.
fn after_a_lost_default<'a>(
    active: &[&Membership],
    state: &impl Fn(&TenantId) -> Option<TenantState>,
) -> Choice<'a> {
    let is_live = |m: &&Membership| state(&m.tenant).is_some_and(|state| state != TenantState::Offboarded);
    let unread = unread(active, state);
    if active.iter().any(is_live) {
        Choice::Refuse(Refusal::ChooseTenant)
    } else if unread.is_empty() {
        Choice::NothingLive
    } else {
        Choice::Read(unread)
    }
}

/// The first that is active in an active tenant. It is known once all before it have been read.
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
            Some(TenantState::Suspended | TenantState::Offboarded) => {}
        }
    }
    without_grant
}

/// What a user without a live membership is told, when nothing was redeemed: whether something is suspended. A membership
/// of an offboarded tenant counts as none.
#[must_use]
pub fn nothing_left<'a>(
    records: &UserRecords,
    state: &impl Fn(&TenantId) -> Option<TenantState>,
) -> Choice<'a> {
    let suspended: Vec<&Membership> =
        records.by_joining().into_iter().filter(|m| m.status == MembershipStatus::Suspended).collect();
    let is_kept = |m: &&Membership| state(&m.tenant).is_some_and(|state| state != TenantState::Offboarded);
    let unread = unread(&suspended, state);
    if suspended.iter().any(is_kept) {
        Choice::Refuse(Refusal::Suspended)
    } else if unread.is_empty() {
        Choice::Refuse(Refusal::NoTenant)
    } else {
        Choice::Read(unread)
    }
}

fn unread(memberships: &[&Membership], state: &impl Fn(&TenantId) -> Option<TenantState>) -> Vec<TenantId> {
    let unread = memberships.iter().filter(|m| state(&m.tenant).is_none());
    unread.map(|m| m.tenant.clone()).collect()
}
