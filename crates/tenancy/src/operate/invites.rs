//! Invites that are made, resent and revoked.

use std::fmt;

use super::Rule;
use crate::invite::{LONGEST_LIFE_SECONDS, MOST_USES};
use crate::{
    EmailAddress, Invite, InviteHash, InviteStatus, Role, Tenant, TenantId, TenantStatus, Timestamp,
};

/// An invite to be made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewInvite {
    /// The tenant to join.
    pub tenant: TenantId,
    /// If given, only this address may redeem it.
    pub email: Option<EmailAddress>,
    /// The roles that come with it, in order of precedence.
    pub roles: Vec<Role>,
    /// How many users may redeem it.
    pub max_uses: u64,
    /// From this moment on it is expired.
    pub expires_at: Timestamp,
}

/// What an invite is good for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum InviteState {
    Open,
    /// As many as may have redeemed it.
    UsedUp,
    Revoked,
    Expired,
}

impl InviteState {
    #[must_use]
    pub fn of(invite: &Invite, now: Timestamp) -> Self {
        if invite.status == InviteStatus::Revoked {
            Self::Revoked
        } else if invite.uses >= invite.max_uses {
            Self::UsedUp
        } else if now >= invite.expires_at {
            Self::Expired
        } else {
            Self::Open
        }
    }

    /// Its name, such as `used-up`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::UsedUp => "used-up",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for InviteState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An invite is of an active tenant, for a time and a number of users that are bounded.
pub fn check_terms(tenant: &Tenant, invite: &NewInvite, now: Timestamp) -> Result<(), Rule> {
    if tenant.status != TenantStatus::Active {
        Err(Rule::TenantNotActive(tenant.id.clone()))
    } else if invite.expires_at <= now {
        Err(Rule::InviteExpired)
    } else if invite.expires_at > now.plus_seconds(LONGEST_LIFE_SECONDS) {
        Err(Rule::InviteTooLong)
    } else if !(1..=MOST_USES).contains(&invite.max_uses) {
        Err(Rule::InviteUses)
    } else {
        Ok(())
    }
}

/// An address has one open invite of a tenant. `pointed_at` is the one that its pointer names.
pub fn check_none_open(tenant: &TenantId, pointed_at: Option<&Invite>, now: Timestamp) -> Result<(), Rule> {
    match pointed_at.filter(|invite| InviteState::of(invite, now) == InviteState::Open) {
        Some(open) => Err(Rule::InviteOpen { tenant: tenant.clone(), invite: open.hash.clone() }),
        None => Ok(()),
    }
}

/// What revoking an invite comes to: `false`, it was revoked before. One that is used up is not revoked: its members are
/// removed.
pub fn revoke(invite: &Invite) -> Result<bool, Rule> {
    match invite.status {
        InviteStatus::Revoked => Ok(false),
        InviteStatus::Open if invite.uses >= invite.max_uses => Err(Rule::NothingToRevoke),
        InviteStatus::Open => Ok(true),
    }
}

/// The invite that takes the place of `old`: same tenant, address and roles, and the uses that are left.
pub fn resend(
    tenant: &Tenant,
    old: &Invite,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<NewInvite, Rule> {
    if old.status == InviteStatus::Revoked {
        return Err(Rule::InviteRevoked);
    }
    let left = old.max_uses.saturating_sub(old.uses);
    if left == 0 {
        return Err(Rule::InviteUsedUp);
    }
    let new = NewInvite {
        tenant: old.tenant.clone(),
        email: old.email.clone(),
        roles: old.roles.clone(),
        max_uses: left,
        expires_at,
    };
    check_terms(tenant, &new, now)?;
    Ok(new)
}

/// An invite is not resent when its address has another open one, which `other` may be.
pub fn check_none_newer(other: Option<&Invite>, now: Timestamp) -> Result<(), Rule> {
    match other.filter(|invite| InviteState::of(invite, now) == InviteState::Open) {
        Some(newer) => Err(Rule::NewerInviteOpen(newer.hash.clone())),
        None => Ok(()),
    }
}

/// Whether a resent invite keeps the time of `old` among the invites of its address: others may have invited the address
/// meanwhile, and the oldest goes first.
#[must_use]
pub fn keeps_place(old: &Invite, pointer: Option<&InviteHash>, now: Timestamp) -> bool {
    pointer == Some(&old.hash) && InviteState::of(old, now) == InviteState::Open
}
