//! Rules to create, resend and revoke invites.

use std::fmt;

use super::Rule;
use crate::invite::{LONGEST_LIFE_SECONDS, MOST_USES};
use crate::{
    EmailAddress, Invite, InviteHash, InviteStatus, Role, Tenant, TenantId, TenantStatus, Timestamp,
};

/// The terms of an invite to create.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewInvite {
    pub tenant: TenantId,
    /// Only a user with this address may redeem the invite; `None`: any user with the code.
    pub email: Option<EmailAddress>,
    /// In order of precedence.
    pub roles: Vec<Role>,
    /// The number of users who may redeem the invite.
    pub max_uses: u64,
    /// The first moment at which the invite is expired.
    pub expires_at: Timestamp,
}

/// Whether an invite can be redeemed, and if not, why.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum InviteState {
    Open,
    /// The invite has no uses left.
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

    /// A stable name, such as `used-up`.
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

/// Checks that the tenant is active, and that the invite's lifetime and number of uses are within their limits.
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

/// Checks that the address has no open invite of the tenant. `pointed_at` is the invite that the address's pointer names.
pub fn check_none_open(tenant: &TenantId, pointed_at: Option<&Invite>, now: Timestamp) -> Result<(), Rule> {
    match pointed_at.filter(|invite| InviteState::of(invite, now) == InviteState::Open) {
        Some(open) => Err(Rule::InviteOpen { tenant: tenant.clone(), invite: open.hash.clone() }),
        None => Ok(()),
    }
}

/// Whether the invite must be revoked. `false`: it already is. A used-up invite cannot be revoked: remove its members instead.
pub fn revoke(invite: &Invite) -> Result<bool, Rule> {
    match invite.status {
        InviteStatus::Revoked => Ok(false),
        InviteStatus::Open if invite.uses >= invite.max_uses => Err(Rule::NothingToRevoke),
        InviteStatus::Open => Ok(true),
    }
}

/// The invite that replaces `old`. It has the same tenant, address and roles, and the remaining uses.
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

/// Checks that the address of the invite to resend has no other open invite. `other` is the invite that the address's pointer
/// names, if it is a different one.
pub fn check_none_newer(other: Option<&Invite>, now: Timestamp) -> Result<(), Rule> {
    match other.filter(|invite| InviteState::of(invite, now) == InviteState::Open) {
        Some(newer) => Err(Rule::NewerInviteOpen(newer.hash.clone())),
        None => Ok(()),
    }
}

/// Whether the pointer of a resent invite keeps the creation time of `old`. The oldest invite of an address is redeemed first,
/// and other tenants may have invited the address meanwhile.
#[must_use]
pub fn keeps_place(old: &Invite, pointer: Option<&InviteHash>, now: Timestamp) -> bool {
    pointer == Some(&old.hash) && InviteState::of(old, now) == InviteState::Open
}
